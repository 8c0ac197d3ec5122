"""An agent in plain Python: standard library only, HTTP only. It counts the words of a text."""

import json
import os
import signal
import threading
import time
import urllib.error
import urllib.request

URL = os.environ.get("AMOS_URL", "http://127.0.0.1:3000")
KEY = os.environ.get("AMOS_API_KEY")
AGENT = os.environ.get("AMOS_AGENT_ID", "python-counter")
SWARM = f"{URL}/v1/swarms/default"
WAIT_MS = 5_000

stopping = threading.Event()
held = {}  # taskId -> fencingToken


def call(method, path, body=None, token=KEY):
    request = urllib.request.Request(SWARM + path, method=method)
    if token:
        request.add_header("Authorization", f"Bearer {token}")
    data = None
    if body is not None:
        request.add_header("Content-Type", "application/json")
        data = json.dumps(body).encode()
    with urllib.request.urlopen(request, data, timeout=WAIT_MS / 1000 + 10) as answer:
        return json.loads(answer.read() or b"null")


def count_words(payload):
    words = payload["text"].split()
    return {"words": len(words), "distinct": len({word.lower() for word in words})}


def work(assignment, token):
    """Says how it went; the fencing token proves that the task is still ours to speak about."""
    task_id, fence = assignment["taskId"], assignment["fencingToken"]
    report = {"agentId": AGENT, "fencingToken": fence}
    held[task_id] = fence
    try:
        try:
            path, body = "complete", {**report, "result": count_words(assignment["payload"])}
        except Exception as error:
            failure = {"code": "bad_payload", "message": repr(error)}
            path, body = "fail", {**report, "failure": failure, "kind": "fail"}
        call("POST", f"/tasks/{task_id}/{path}", body, token)
    except urllib.error.HTTPError as refusal:
        print(f"{task_id}: {json.loads(refusal.read()).get('code')}", flush=True)
    finally:
        held.pop(task_id, None)


def keep_leases(token, every_ms):
    while not stopping.wait(every_ms / 1000):
        tasks = [{"taskId": task_id, "fencingToken": fence} for task_id, fence in list(held.items())]
        try:
            call("POST", f"/agents/{AGENT}/heartbeat", {"held": tasks}, token)
        except OSError as error:
            print(f"heartbeat: {error}", flush=True)


def main():
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: stopping.set())
    registration = {"agentId": AGENT, "capabilities": [{"name": "count-words"}]}
    token = call("POST", "/agents", registration)["token"]
    lease_ms = call("POST", f"/agents/{AGENT}/heartbeat", {}, token)["leaseMs"]
    threading.Thread(target=keep_leases, args=(token, lease_ms / 3), daemon=True).start()
    print(f"{AGENT} is ready", flush=True)
    while not stopping.is_set():
        try:
            claim = call("POST", f"/agents/{AGENT}/claims", {"countMax": 1, "waitMs": WAIT_MS}, token)
            for assignment in claim["assignments"]:
                work(assignment, token)
        except OSError as error:
            print(f"claim: {error}", flush=True)
            time.sleep(1)
    call("DELETE", f"/agents/{AGENT}", token=token)


if __name__ == "__main__":
    main()
