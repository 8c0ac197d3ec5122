import { describe, expect, it } from 'vitest'
import { readMarkdown } from '../../../examples/code-review/review/links/document.ts'
import { places, review } from './review-tree.ts'

describe('the links review', () => {
  it('finds relative links, images, definitions and HTML that lead nowhere', async () => {
    const found = await review('links', {
      'docs/page.md': [
        '# Page',
        '[gone](./gone.md) and [up](../README.md) and [folder](../src)',
        '![picture](picture.png)',
        '',
        '[named]: missing/file.txt',
        '<a href="nothing.html">x</a>',
        '| table |',
        '| --- |',
        '| [cell](cell.md) |',
      ].join('\n'),
      'README.md': '# Top\n',
      'src/a.ts': '',
    })
    expect(places(found)).toEqual([
      'broken_link docs/page.md:2',
      'broken_link docs/page.md:3',
      'broken_link docs/page.md:5',
      'broken_link docs/page.md:6',
      'broken_link docs/page.md:9',
    ])
    expect(found[0]?.message).toBe('links to ./gone.md, and docs/gone.md does not exist')
  })

  it('finds links to headings that do not exist, here and in other files', async () => {
    const found = await review('links', {
      'a.md': '# One\n\n[ok](#one) [bad](#two)\n[ok](b.md#two-words) [bad](b.md#two--words)\n',
      'b.md': '## Two words\n',
    })
    expect(places(found)).toEqual(['broken_anchor a.md:3', 'broken_anchor a.md:4'])
  })

  it('leaves alone what it cannot judge or what exists in another form', async () => {
    const found = await review('links', {
      'docs/a.md': [
        '[site](https://acme.io/x) [mail](mailto:a@acme.io) [other](//acme.io/x) [out](../../issues)',
        '[empty]() [top](#) [text](#:~:text=word) [query](b.md?raw=1) [spaces](with%20space.md)',
        '[page](./b) [page](./b.html) [template]({{ url }}) [site root](/guide/) [footnote][^1]',
        '`[code](code.md)`',
        '',
        '    [indented](indented.md)',
        '',
        '```md\n[fenced](fenced.md)\n```',
        '<!-- [comment](comment.md) <a href="comment.html"></a> -->',
        '[^1]: not/a/link.md',
      ].join('\n'),
      'docs/b.md': '',
      'docs/with space.md': '',
    })
    expect(found).toEqual([])
  })

  it('hints at a forgotten https://', async () => {
    const found = await review('links', { 'a.md': '[acme](www.acme.io)\n' })
    expect(found[0]?.message).toContain('is https:// missing?')
  })

  it('never looks outside the tree', async () => {
    expect(
      await review('links', { 'a.md': '[x](../../../../../etc/hostname) [y](/etc/hostname.md)\n' }),
    ).toEqual([])
  })
})

describe('anchors', () => {
  it.each([
    ['# Hello, World!', 'hello-world'],
    ['# `code` and *emphasis*', 'code-and-emphasis'],
    ['# Same\n# Same', 'same-1'],
    ['# Ünïcode é', 'ünïcode-é'],
    ['# A [link](x) inside', 'a-link-inside'],
    ['Underlined\n==========', 'underlined'],
    ['# Custom {#my-id}', 'my-id'],
    ['<a name="Old"></a>', 'old'],
    ['<a id=bare></a>', 'bare'],
    ['text <span id="inline">x</span>', 'inline'],
  ])('of %j include %s', (text, anchor) => {
    expect(readMarkdown(text).anchors).toContain(anchor)
  })

  it('are not taken from front matter or code', () => {
    const { anchors } = readMarkdown('---\ntitle: x\n---\n\n```\n# Not a heading\n```\n')
    expect([...anchors]).toEqual([])
  })
})
