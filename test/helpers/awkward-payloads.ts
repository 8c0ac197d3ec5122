import { LIMITS } from '#contract/limits.ts'

/** JSON texts that a parser and a writer between two agents would change, each by a name. */
export const AWKWARD_PAYLOADS: ReadonlyMap<string, string> = new Map(
  Object.entries({
    'numbers beyond the range and the precision of a double': '{"n":1e400,"m":9007199254740993,"k":-1e-400}',
    'a number of 20 digits': '12345678901234567890',
    'a number of 5000 digits': '7'.repeat(5_000),
    'minus zero': '[-0,-0.0,0e-5,-0E+1]',
    'zeros behind the point':
      '{"price":1.10,"ratio":1.000,"big":1E2,"small":0.1000000000000000055511151231257827}',
    'integer-like keys out of order': '{"10":"a","9":"b","x":"c","1":"d","-1":"e","01":"f"}',
    'a repeated key': '{"a":1,"a":2,"b":{"c":1,"c":1}}',
    'the name __proto__': '{"__proto__":{"isAdmin":true}}',
    '__proto__ with an escape': String.raw`{"\u005f\u005fproto__":null}`,
    'a prototype of a constructor': '{"constructor":{"prototype":{"polluted":1}},"prototype":[]}',
    'names on Object.prototype':
      '{"toString":1,"hasOwnProperty":2,"valueOf":3,"__defineGetter__":4,"toJSON":5}',
    'a thenable': '{"then":"x","catch":1}',
    'names of an envelope':
      '{"type":"task.fail","payload":{"payload":1},"result":2,"requestId":3,"taskId":"x"}',
    'the empty key': '{"":{"":[]}}',
    'escapes that need not be': String.raw`"\u00e9\u0041\/\u002f"`,
    'escapes that have to be': String.raw`"\"\\\b\f\n\r\t\u0000\u001f"`,
    'escapes in either case': String.raw`"\u00E9\u00e9\uD83D\ude00"`,
    'escapes in a key': String.raw`{"\u0061\"\\":1,"a\"\\":2}`,
    'a lone high surrogate, escaped': String.raw`"\ud800"`,
    'lone surrogates, in the wrong order': String.raw`["\udc00\ud800",{"\udfff":1}]`,
    'text of many scripts': '"é ü ñ ж 漢字 한글 עברית العربية ไทย"',
    'characters outside the basic plane': '"😀👩‍👩‍👧‍👦𝔘𐍈\u{10ffff}"',
    'combining characters, not normalised': '["\u00e9","e\u0301","\u212b","A\u030a"]',
    'separators of lines and paragraphs': '"a\u2028b\u2029c\u0085d\u007f"',
    'a byte order mark and the replacement character': '"\ufeff\ufffd\ufffe\uffff"',
    'directional marks': '"\u202eabc\u202c\u200b\u2066"',
    'space between the parts': '{ "a" : [ 1 ,\t2 ] , "b" : { } }',
    'lines of either system': '{\r\n  "a": [\n    1,\n\n    2\n  ]\n}',
    'what looks like an event stream': '["data: 1",\n"event: gap",\n\n"id: 2"\n]',
    'what looks like markup': '"</script><!--<a href=\'x\'>&amp;%00%0d%0a${x}{{y}}"',
    'brackets and quotes in text': String.raw`"}],\"payload\":[{\\\\\""`,
    'the empty text': '""',
    'the empty object': '{}',
    'the empty list': '[]',
    'the word null': 'null',
    'the word false': 'false',
    'as deep as allowed': `${'[{"a":'.repeat(16)}1${'}]'.repeat(16)}`,
    'many keys': `{${Array.from({ length: 2_000 }, (_, index) => `"${2_000 - index}":${index}`).join(',')}}`,
    'a text of backslashes': `"${'\\\\'.repeat(5_000)}"`,
    'as large as allowed': `"${'😀'.repeat((LIMITS.payloadBytesMax - 4) / 4)}xy"`,
  }),
)

/** Bytes in which a decoder would replace what is not UTF-8. */
export const NOT_UTF8: Readonly<Record<string, Buffer<ArrayBuffer>>> = {
  'a byte of Latin-1': Buffer.from('"caf\xe9"', 'latin1'),
  'an encoded surrogate': Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22]),
  'an overlong form': Buffer.from([0x22, 0xc0, 0xaf, 0x22]),
  'half a character': Buffer.from([0x22, 0xf0, 0x9f, 0x98, 0x22]),
}
