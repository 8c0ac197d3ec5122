"""A second verifier of decision certificates, written from docs/decision-certificate.md alone.

    verify_certificate.py TRUSTED_SET_HASH < certificate.json    one certificate; exit status 0 only if it is valid
    verify_certificate.py --lines < cases.jsonl                  {"certificate": text, "trustedSetHash": …} a line

Needs Python 3 and the package `cryptography` (Debian: python3-cryptography).
"""

import hashlib
import json
import re
import struct
import sys

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

ID = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
FIELD_PRIME = 2**255 - 19
SMALL_ORDER_Y = {
    0,
    1,
    FIELD_PRIME - 1,
    0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826,
    0x7A03AC9277FDC74EC6CC392CFA53202A0F67100D760B3CBA4FD84D3D706A17C7,
}


class Refused(Exception):
    pass


def demand(condition, why):
    if not condition:
        raise Refused(why)


# 1. Notation


def i(number):
    return struct.pack(">q", number)


def b(data):
    return struct.pack(">I", len(data)) + data


def t(text):
    return b(text.encode("utf-8"))


def optional(text):
    return i(0) if text is None else i(1) + t(text)


def x(digits):
    return b(bytes.fromhex(digits))


def sha256(data):
    return hashlib.sha256(data).hexdigest()


# 2. The certificate


def object_of(pairs):
    names = [name for name, _ in pairs]
    demand(len(set(names)) == len(names), "a member is named twice")
    return dict(pairs)


def whole_number(literal):
    demand(re.fullmatch("0|[1-9][0-9]*", literal), "a number is not written as a whole number")
    # A longer one is out of every range; Python would take long to read it.
    return int(literal) if len(literal) <= 20 else 2**63


def parse(text):
    try:
        return json.loads(
            text,
            object_pairs_hook=object_of,
            parse_int=whole_number,
            parse_float=whole_number,
            parse_constant=whole_number,
        )
    except (ValueError, RecursionError):
        raise Refused("the text is not JSON") from None


def members(value, required, optional_ones=()):
    demand(isinstance(value, dict), "not an object")
    demand(all(name in value for name in required), "a member is missing")
    demand(all(name in required or name in optional_ones for name in value), "a member too many")
    return value


def whole(value, low=0, high=2**53 - 1):
    demand(isinstance(value, int) and not isinstance(value, bool), "not a whole number")
    demand(low <= value <= high, "a number is out of range")
    return value


def digits(value, count):
    demand(isinstance(value, str) and re.fullmatch("[0-9a-f]{%d}" % count, value), "malformed hex")
    return value


def ident(value):
    demand(isinstance(value, str) and ID.fullmatch(value), "a malformed id")
    return value


def plain(value, low, high):
    demand(isinstance(value, str), "not a text")
    for character in value:
        point = ord(character)
        demand(not 0xD800 <= point <= 0xDFFF, "a lone surrogate")
        demand(point in (9, 10) or (point >= 0x20 and point != 0x7F), "a control character")
    demand(low <= len(value.encode("utf-8")) <= high, "a text of the wrong length")
    return value


def listed(value, low, high):
    demand(isinstance(value, list) and low <= len(value) <= high, "not a list, or of the wrong length")
    return value


def one_of(value, *words):
    demand(isinstance(value, str) and value in words, "an unknown word")
    return value


def check_public_key(value):
    y = int.from_bytes(bytes.fromhex(digits(value, 64)), "little") & (2**255 - 1)
    demand(y < FIELD_PRIME, "a key that is not canonical")
    demand(y not in SMALL_ORDER_Y, "a key of small order")


def check_proposal(proposal):
    names = ("title", "payloadHash", "mode", "options", "threshold", "deadlineMs", "proposedBy")
    members(proposal, names, ("firstProposer",))
    plain(proposal["title"], 0, 1000)
    digits(proposal["payloadHash"], 64)
    mode = one_of(proposal["mode"], "approval", "choice")
    options = listed(proposal["options"], 2, 16)
    for option in options:
        plain(option, 1, 64)
        demand(option != "abstain", "abstain is no option")
    demand(len(set(options)) == len(options), "an option twice")
    demand(mode == "choice" or options == ["approve", "reject"], "not the options of an approval")
    threshold = members(proposal["threshold"], ("numerator", "denominator"))
    denominator = whole(threshold["denominator"], 1, 1000)
    numerator = whole(threshold["numerator"], 1, denominator)
    demand(mode == "approval" or 2 * numerator > denominator, "a choice at half or less")
    whole(proposal["deadlineMs"], 1, 2_592_000_000)
    plain(proposal["proposedBy"], 0, 200)
    if "firstProposer" in proposal:
        ident(proposal["firstProposer"])


def check_electorate(voters):
    for voter in listed(voters, 1, 50):
        members(voter, ("agentId", "publicKey", "weight", "custody"))
        ident(voter["agentId"])
        check_public_key(voter["publicKey"])
        whole(voter["weight"], 1, 1_000_000)
        one_of(voter["custody"], "self", "hub")
    demand(ascending([voter["agentId"] for voter in voters]), "voters out of order")
    demand(len({voter["publicKey"] for voter in voters}) == len(voters), "two voters share a key")


def ascending(items):
    return all(first < second for first, second in zip(items, items[1:]))


# 3. What everything is bound to


def electorate_hash(voters):
    data = t("amos-swarm/electorate/1") + i(len(voters))
    for voter in voters:
        data += t(voter["agentId"]) + x(voter["publicKey"]) + i(voter["weight"]) + t(voter["custody"])
    return sha256(data)


def proposal_hash(certificate):
    proposal = certificate["proposal"]
    data = t("amos-swarm/proposal/1")
    data += t(certificate["tenantId"]) + t(certificate["swarmId"]) + t(certificate["proposalId"])
    data += t(proposal["title"]) + x(proposal["payloadHash"]) + t(proposal["mode"])
    data += i(len(proposal["options"]))
    for option in proposal["options"]:
        data += t(option)
    data += i(proposal["threshold"]["numerator"]) + i(proposal["threshold"]["denominator"])
    data += i(proposal["deadlineMs"]) + t(proposal["proposedBy"]) + optional(proposal.get("firstProposer"))
    return sha256(data)


def context_of(certificate):
    data = t(certificate["tenantId"]) + t(certificate["swarmId"]) + t(certificate["proposalId"])
    data += i(certificate["height"]) + x(proposal_hash(certificate))
    return data + x(electorate_hash(certificate["electorate"]))


def check_signature(voter, data, signature):
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(voter["publicKey"])).verify(bytes.fromhex(signature), data)
    except (InvalidSignature, ValueError):
        raise Refused("a signature is not its voter's") from None


# 4. Ballots


def check_ballots(certificate, voters, context):
    ballots = listed(certificate["ballots"], 0, 2 * len(voters))
    by_voter = {}
    for ballot in ballots:
        members(ballot, ("voter", "choice", "signature"), ("reason",))
        demand(ident(ballot["voter"]) in voters, "a ballot by no voter")
        digits(ballot["signature"], 128)
        one_of(ballot["choice"], "abstain", *certificate["proposal"]["options"])
        if "reason" in ballot:
            plain(ballot["reason"], 0, 1000)
        by_voter.setdefault(ballot["voter"], []).append((ballot["choice"], ballot.get("reason")))
    demand(ascending([(ballot["voter"], ballot["signature"]) for ballot in ballots]), "ballots out of order")
    for said in by_voter.values():
        demand(len(said) <= 2 and len(set(said)) == len(said), "a voter's ballots are too many, or the same")
    for ballot in ballots:
        data = t("amos-swarm/decision/1/ballot") + b(context) + i(-1) + i(-1)
        data += t(ballot["choice"]) + optional(ballot.get("reason"))
        check_signature(voters[ballot["voter"]], data, ballot["signature"])
    return {voter: said[0][0] if len(said) == 1 else "abstain" for voter, said in by_voter.items()}


# 5. Tally and outcome


def check_tally(certificate, voters, choices):
    proposal = certificate["proposal"]
    total = sum(voter["weight"] for voter in voters.values())

    def weight_of(choice):
        return sum(voters[name]["weight"] for name, chosen in choices.items() if chosen == choice)

    options = [{"option": option, "weight": weight_of(option)} for option in proposal["options"]]
    abstain = weight_of("abstain")
    missing = total - abstain - sum(option["weight"] for option in options)
    stated = members(certificate["tally"], ("totalWeight", "options", "abstainWeight", "missingWeight"))
    for name in ("totalWeight", "abstainWeight", "missingWeight"):
        whole(stated[name])
    for option in listed(stated["options"], 0, 16):
        whole(members(option, ("option", "weight"))["weight"])
    counted = {"totalWeight": total, "options": options, "abstainWeight": abstain, "missingWeight": missing}
    demand(stated == counted, "the tally is not what the ballots add up to")

    def reaches(weight):
        threshold = proposal["threshold"]
        return weight * threshold["denominator"] >= threshold["numerator"] * total

    electable = [one for one in options if proposal["mode"] == "choice" or one["option"] == "approve"]
    winners = [one["option"] for one in electable if reaches(one["weight"])]
    if winners:
        outcome = {"verdict": "approved", "option": winners[0]}
    elif not any(reaches(one["weight"] + missing) for one in electable):
        outcome = {"verdict": "rejected"}
    else:
        outcome = {"verdict": "inconclusive"}
    demand(certificate["outcome"] == outcome, "the outcome does not follow from the ballots")
    is_conclusive = outcome["verdict"] != "inconclusive"
    demand(is_conclusive == (certificate["ending"] == "tally"), "the ending does not fit the outcome")
    return outcome, total


# 6. Precommits


def value_id(certificate):
    data = t("amos-swarm/value/1") + t(certificate["ending"]) + i(len(certificate["ballots"]))
    for ballot in certificate["ballots"]:
        data += t(ballot["voter"]) + t(ballot["choice"]) + optional(ballot.get("reason")) + x(ballot["signature"])
    return sha256(data)


def check_precommits(certificate, voters, context):
    data = t("amos-swarm/decision/1/precommit") + b(context)
    data += i(certificate["round"]) + i(-1) + x(value_id(certificate))
    precommits = listed(certificate["precommits"], 0, 50)
    for precommit in precommits:
        members(precommit, ("voter", "custody", "signature"))
        demand(ident(precommit["voter"]) in voters, "a precommit by no voter")
        voter = voters[precommit["voter"]]
        demand(precommit["custody"] == voter["custody"], "a precommit's custody is not its voter's")
        check_signature(voter, data, digits(precommit["signature"], 128))
    names = [precommit["voter"] for precommit in precommits]
    demand(ascending(names), "precommits out of order")
    return [voters[name] for name in names]


# 7. What to report


def verify(certificate, trusted_set_hash):
    demand(trusted_set_hash is not None, "no trusted set is given")
    names = "format tenantId swarmId proposalId height proposal electorate ending ballots tally outcome round precommits"
    members(certificate, names.split())
    demand(certificate["format"] == "amos-decision-certificate/1", "an unknown format")
    for name in ("tenantId", "swarmId", "proposalId"):
        ident(certificate[name])
    whole(certificate["height"], 1, 1)
    whole(certificate["round"], 0, 1_000_000)
    one_of(certificate["ending"], "tally", "expired", "cancelled")
    check_proposal(certificate["proposal"])
    check_electorate(certificate["electorate"])
    demand(electorate_hash(certificate["electorate"]) == trusted_set_hash, "the voters are not the trusted set")

    voters = {voter["agentId"]: voter for voter in certificate["electorate"]}
    context = context_of(certificate)
    choices = check_ballots(certificate, voters, context)
    outcome, total = check_tally(certificate, voters, choices)
    signers = check_precommits(certificate, voters, context)
    signed = sum(voter["weight"] for voter in signers)
    demand(3 * signed > 2 * total, "the precommits are no quorum")
    self_custody = sum(voter["weight"] for voter in signers if voter["custody"] == "self")
    return {
        "valid": True,
        "outcome": outcome,
        "totalWeight": total,
        "signedWeight": signed,
        "selfCustodyWeight": self_custody,
        "selfCustodyQuorum": 3 * self_custody > 2 * total,
        "faultWeightMax": (total - 1) // 3,
    }


def report(text, trusted_set_hash):
    try:
        return verify(parse(text), trusted_set_hash)
    except Refused as refusal:
        return {"valid": False, "defect": str(refusal)}


def main(arguments):
    if arguments == ["--lines"]:
        for line in sys.stdin:
            case = json.loads(line)
            print(json.dumps(report(case["certificate"], case.get("trustedSetHash"))))
        return 0
    answer = report(sys.stdin.read(), arguments[0] if arguments else None)
    print(json.dumps(answer))
    return 0 if answer["valid"] else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
