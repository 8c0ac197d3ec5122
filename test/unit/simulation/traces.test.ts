import { describe, expect, it } from 'vitest'
import { readTrace } from '#simulation/traces/read-trace.ts'

describe('readTrace', () => {
  it('reads the Azure LLM trace', () => {
    const text =
      'TIMESTAMP,ContextTokens,GeneratedTokens\r\n2023-11-16 18:17:03.9799600,4808,10\r\n2023-11-16 18:17:04.0319600,3180,8\r\n'
    const { format, tasks } = readTrace(text)
    expect(format).toBe('azure-llm')
    expect(tasks.map(({ arrivalMs }) => Math.round(arrivalMs * 1_000) / 1_000)).toEqual([0, 52])
    expect(tasks[0]?.workMs).toBeCloseTo(50 + 4_808 * 0.12 + 350, 6)
  })

  it('reads the Alibaba GenAI trace and leaves out what failed', () => {
    const header =
      'gmt_create,predict_type,predict_status,exec_time_seconds,groupId,checkpoint_model_version_id'
    const rows = [
      '2024-11-15 16:57:50,TXT_2_IMG,SUCCEED,32.0,G0000,M0000',
      '2024-11-15 16:57:40,TXT_2_IMG,FAILED,,G0001,M0001',
      '2024-11-15 16:57:30,IMG_2_IMG,SUCCEED,8.5,G0001,M0001',
    ]
    const { tasks, skipped } = readTrace([header, ...rows].join('\n'))
    expect(skipped).toBe(1)
    expect(tasks).toEqual([
      { arrivalMs: 0, workMs: 8_500, type: 'img_2_img', affinityKey: 'M0001' },
      { arrivalMs: 20_000, workMs: 32_000, type: 'txt_2_img', affinityKey: 'M0000' },
    ])
  })

  it('reads the Alibaba GPU trace and leaves out pods that never ran', () => {
    const header = 'name,cpu_milli,num_gpu,qos,pod_phase,creation_time,deletion_time,scheduled_time'
    const rows = ['p0,12000,1,LS,Running,10,70,20', 'p1,6000,1,BE,Pending,11,90,']
    expect(readTrace([header, ...rows].join('\n'))).toMatchObject({
      format: 'alibaba-gpu',
      skipped: 1,
      tasks: [{ arrivalMs: 0, workMs: 50_000, type: 'ls' }],
    })
  })

  it('reads the Mooncake trace', () => {
    const text = '{"timestamp": 5, "input_length": 1000, "output_length": 10, "hash_ids": [7, 8]}\n'
    expect(readTrace(text)).toMatchObject({
      format: 'mooncake',
      tasks: [{ arrivalMs: 0, workMs: 520, affinityKey: 'prefix-7' }],
    })
  })

  it('reads a plain CSV with quotes, and puts it in order of arrival', () => {
    const text = 'arrival_ms,work_ms,type,priority,setup_key,setup_ms\n20,5,"a, ""b""",9,m,7\n10,6,,,,\n'
    expect(readTrace(text).tasks).toEqual([
      { arrivalMs: 0, workMs: 6, type: 'task' },
      { arrivalMs: 10, workMs: 5, type: 'a-b-', priority: 5, setupKey: 'm', setupMs: 7 },
    ])
  })

  it.each([
    ['', 'the trace is empty'],
    ['arrival_ms,work_ms\n', 'no usable row'],
    ['a,b\n1,2\n', 'line 1: no known header'],
    ['arrival_ms,work_ms\n1,2\n1,x\n', 'line 3: work_ms is "x"'],
    ['arrival_ms,work_ms\n1\n', 'line 2: 1 cells under 2 columns'],
    ['arrival_ms,work_ms\n-1,2\n', 'line 2: arrival_ms is "-1"'],
    ['arrival_ms,work_ms\n1,Infinity\n', 'line 2: work_ms is "Infinity"'],
    [
      'TIMESTAMP,ContextTokens,GeneratedTokens\nyesterday,1,2\n',
      'line 2: TIMESTAMP is "yesterday", not a time',
    ],
    ['{"timestamp": 5}\n', 'line 1: input_length is ""'],
    ['{"timestamp": 5\n', 'line 1: not a JSON object'],
  ])('says which line of %j is wrong', (text, message) => {
    expect(() => readTrace(text)).toThrow(message)
  })
})
