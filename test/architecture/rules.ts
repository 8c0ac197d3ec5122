import { isBuiltin } from 'node:module'
import type { SourceFile } from './source-tree.ts'

/** The files that gather a public surface; everywhere else one imports the file one means. */
const PUBLIC_SURFACES: ReadonlySet<string> = new Set([
  'src/index.ts',
  'src/contract/index.ts',
  'src/sdk/index.ts',
  'src/sdk/browser.ts',
])

/**
 * Which folders a layer may import from, besides itself. What is not listed (main.ts, the command line) is the
 * composition root and may import everything.
 */
const ARROWS: Readonly<Record<string, readonly string[]>> = {
  domain: [],
  contract: [],
  infra: ['src/domain/'],
  server: ['src/domain/', 'src/contract/'],
  simulation: ['src/domain/', 'src/infra/'],
  node: ['src/domain/', 'src/contract/', 'src/infra/', 'src/server/'],
  // Agents vote in their own processes: with the cores of consensus, over adapters that need nothing but Node.
  sdk: [
    'src/contract/',
    'src/domain/consensus/',
    // Replicas of the swarm's memory merge on their own.
    'src/domain/intelligence/memory/crdt/',
    'src/domain/ports/',
    'src/domain/model/',
    'src/infra/system/',
  ],
}

/**
 * The parts of the domain, from what stands on nothing to what joins all: a part may import itself and those before it.
 * `docs/architecture.md` says what each is.
 */
export const DOMAIN_PARTS: readonly string[] = [
  'model',
  'ports',
  'kernel',
  'consensus',
  'topology',
  'resources',
  'schedules',
  'communication',
  'agents',
  'distribution',
  'tasks',
  'presence',
  'consensus-engine',
  'intelligence',
  'orchestration',
  'cluster',
]

/** Layers that run where there is no Node: under the simulator's clock, or in a browser. */
const PURE_LAYERS: ReadonlySet<string> = new Set(['domain', 'contract'])

export const LINES_MAX = 400

/** A sentence for each import that goes against the arrows. */
export function forbiddenArrows(files: readonly SourceFile[]): string[] {
  return files.flatMap((file) => {
    const layer = layerOf(file.path)
    const allowed = layer === undefined ? undefined : ARROWS[layer]
    if (allowed === undefined) return []
    const reachable = [`src/${layer}/`, ...allowed]
    return file.imports
      .filter(({ target }) => target !== undefined && !reachable.some((folder) => target.startsWith(folder)))
      .map(({ specifier }) => `${file.path} may not import ${specifier}`)
  })
}

/** A sentence for each import of the domain that points from a part to one above it, or that stands outside the parts. */
export function backArrows(files: readonly SourceFile[]): string[] {
  return files.flatMap((file) => {
    const from = partOf(file.path)
    if (from === undefined) return []
    const rank = DOMAIN_PARTS.indexOf(from)
    if (rank === -1) return [`${file.path} stands in no part of the domain`]
    return file.imports.flatMap(({ target }) => {
      const to = partOf(target ?? '')
      if (to === undefined || DOMAIN_PARTS.indexOf(to) <= rank) return []
      return [`${file.path} imports ${target}: ${from} may not know ${to}`]
    })
  })
}

/** The parts in the order in which the drawing names them. */
export function drawnParts(document: string): string[] {
  const drawing = /```text domain\n([\s\S]*?)```/.exec(document)?.[1] ?? ''
  return [...drawing.matchAll(/^([\w-]+)\/ /gm)].map(([, part = '']) => part)
}

function partOf(path: string): string | undefined {
  const [, part] = /^src\/domain\/([^/]+)/.exec(path) ?? []
  return part
}

/** Relative inside a layer, where linters see cycles; by `#layer/…` across, where the compiler sees arrows. */
export function misspelledImports(files: readonly SourceFile[]): string[] {
  return files.flatMap((file) =>
    file.imports.flatMap(({ specifier, target }) => {
      if (target === undefined) return []
      if (!specifier.endsWith('.ts')) return [`${file.path} imports ${specifier} without its .ts suffix`]
      const sameLayer = layerOf(file.path) === layerOf(target)
      const relative = specifier.startsWith('.')
      // main.ts, index.ts and cli/ are one project: either spelling reaches the right file there.
      if (layerOf(file.path) === undefined && sameLayer) return []
      if (sameLayer === relative) return []
      return [`${file.path} should import ${specifier} ${sameLayer ? 'by a relative path' : 'by its #layer'}`]
    }),
  )
}

/** Node's own modules in a layer that has to run without Node. */
export function nodeInPureLayers(files: readonly SourceFile[]): string[] {
  return files
    .filter((file) => PURE_LAYERS.has(layerOf(file.path) ?? ''))
    .flatMap((file) =>
      file.imports
        .filter(({ specifier }) => isBuiltin(specifier))
        .map(({ specifier }) => `${file.path} imports ${specifier}`),
    )
}

/** Node's own modules, or the `ws` package, in anything that loading `entry` loads with it. */
export function nodeBehindBrowserEntry(files: readonly SourceFile[], entry: string): string[] {
  const byPath = new Map(files.map((file) => [file.path, file]))
  const seen = new Set([entry])
  const found: string[] = []
  // A Set is walked in insertion order, what is added on the way included.
  for (const path of seen) {
    for (const { specifier, target, loadsAtRunTime } of byPath.get(path)?.imports ?? []) {
      if (!loadsAtRunTime) continue
      if (isBuiltin(specifier) || specifier === 'ws') found.push(`${path} imports ${specifier}`)
      if (target !== undefined) seen.add(target)
    }
  }
  return found
}

/** Each import cycle once, as the path that closes it. */
export function importCycles(files: readonly SourceFile[]): string[] {
  const byPath = new Map(files.map((file) => [file.path, file]))
  const finished = new Set<string>()
  const cycles: string[] = []

  function visit(path: string, trail: readonly string[]): void {
    const start = trail.indexOf(path)
    if (start !== -1) {
      cycles.push([...trail.slice(start), path].join(' → '))
      return
    }
    if (finished.has(path)) return
    for (const { target } of byPath.get(path)?.imports ?? []) {
      if (target !== undefined) visit(target, [...trail, path])
    }
    finished.add(path)
  }

  for (const path of byPath.keys()) visit(path, [])
  return cycles
}

/** Imports of files of ours that do not exist; a rule could not follow them. */
export function danglingImports(files: readonly SourceFile[]): string[] {
  const known = new Set(files.map((file) => file.path))
  return files.flatMap((file) =>
    file.imports
      .filter(({ target }) => target?.startsWith('src/') === true && !known.has(target))
      .map(({ specifier }) => `${file.path} imports ${specifier}, which is not there`),
  )
}

/** Files that pass on what others export, inside a layer; and public surfaces that do not say what. */
export function barrels(files: readonly SourceFile[]): string[] {
  return files.flatMap((file) => {
    if (PUBLIC_SURFACES.has(file.path)) {
      return file.hasStarExport ? [`${file.path} should name what it exports`] : []
    }
    if (file.path.endsWith('/index.ts')) return [`${file.path} is a barrel by its name`]
    return file.reExports.map((specifier) => `${file.path} passes on ${specifier}`)
  })
}

/** Files that read `process.env`: the composition root may hold one of them, a layer none. */
export function environmentReaders(files: readonly SourceFile[]): { root: string[]; layers: string[] } {
  const readers = files.filter((file) => file.readsEnvironment).map((file) => file.path)
  return {
    root: readers.filter(isComposition),
    layers: readers.filter((path) => !isComposition(path)),
  }
}

export function defaultExports(files: readonly SourceFile[]): string[] {
  return files.filter((file) => file.hasDefaultExport).map((file) => file.path)
}

export function oversized(files: readonly SourceFile[]): string[] {
  return files
    .filter((file) => file.lineCount > LINES_MAX)
    .map((file) => `${file.path} has ${file.lineCount} lines`)
}

export function misnamed(files: readonly SourceFile[]): string[] {
  const kebabCase = /^[a-z0-9]+(?:-[a-z0-9]+)*(?:\.[a-z0-9]+)*\.ts$/
  return files
    .map((file) => file.path)
    .filter(
      (path) =>
        !path.split('/').every((part) => /^[a-z0-9.-]+$/.test(part)) || !kebabCase.test(lastPart(path)),
    )
}

/** What joins the layers into a process. */
function isComposition(path: string): boolean {
  const layer = layerOf(path)
  return layer === undefined || layer === 'node'
}

/** The layer a file belongs to; `undefined` for the composition root. */
function layerOf(path: string): string | undefined {
  const [top, layer] = path.split('/')
  return top === 'src' && layer !== undefined && Object.hasOwn(ARROWS, layer) ? layer : undefined
}

function lastPart(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}

/** The one place that may set a platform's timer for a time somebody else chooses. */
const TIMER_HOME = 'src/infra/system/timer.ts'
/** Delays that are no constants, and what bounds them. */
const BOUNDED_DELAYS: Readonly<Record<string, string>> = {
  'src/server/create-server.ts options.drainNoticeMs': 'AMOS_DRAIN_NOTICE_MS',
  'src/server/connections/connection-drain.ts waitMsMax': 'AMOS_DRAIN_MS',
  'src/server/sockets/frame-socket.ts withinMs': 'a constant of its callers',
  'src/server/routes/claim-routes.ts request.body.waitMs + ANSWER_MARGIN_MS': 'claimWaitMsMax',
}

/** Timers that would fire at once for a delay of more than 24.8 days, and for `Infinity`. */
export function unboundedTimers(files: readonly SourceFile[]): string[] {
  return files.flatMap(({ path, timerDelays }) =>
    path === TIMER_HOME
      ? []
      : timerDelays
          .filter((delay) => !isConstant(delay) && BOUNDED_DELAYS[`${path} ${delay}`] === undefined)
          .map((delay) => `${path} sets a timer for ${delay}: use startTimer or timeLimit`),
  )
}

function isConstant(delay: string): boolean {
  return /^[A-Z\d_]+(?: [*/+] [A-Z\d_]+)*$/.test(delay)
}
