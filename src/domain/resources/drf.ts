/** Amounts by the name of the resource; a name that is missing counts as 0. */
type Amounts = Readonly<Record<string, number>>

/** One user of a shared pool of resources. */
export interface DrfUser<Id extends string = string> {
  readonly id: Id
  /** What one task needs of each resource, 0 or more each. */
  readonly demand: Amounts
  /** Share that the user is entitled to, relative to the other users; more than 0, default 1. */
  readonly weight?: number
  /** Most tasks that the user may run; default: no limit. */
  readonly tasksMax?: number
}

export interface DrfAllocation<Id extends string = string> {
  readonly id: Id
  /** Number of tasks, which need not be whole. `Infinity` for a user that demands nothing and has no limit. */
  readonly tasks: number
  /** Largest fraction of any resource that the user holds, 0 to 1. */
  readonly dominantShare: number
}

interface Growth {
  readonly user: DrfUser
  /** Tasks for each unit of the common level, which is the dominant share divided by the weight. */
  readonly tasksPerLevel: number
  readonly tasksMax: number
  tasks: number
  isGrowing: boolean
}

/** Rounding errors below this fraction of a capacity count as nothing left. */
const EPSILON = 1e-12

/**
 * Divides resources among users by weighted Dominant Resource Fairness for divisible demands: it raises the dominant
 * shares of all users together, in proportion to their weights, until each user is held by its limit or by a resource
 * that is used up (Ghodsi et al., "Dominant Resource Fairness", NSDI 2011, §4.1 and §5; the progressive filling of §4.2).
 *
 * The result is Pareto-efficient, envy-free and strategy-proof, and gives each user at least its part of every resource.
 *
 * @throws RangeError for a capacity or demand that is negative or not finite, a weight that is not above 0, or a limit
 *   that is negative.
 */
export function allocateDrf<Id extends string>(
  capacity: Amounts,
  users: readonly DrfUser<Id>[],
): readonly DrfAllocation<Id>[] {
  const left = new Map(Object.entries(capacity).map(([name, amount]) => [name, checked(amount, name)]))
  const growths = users.map((user) => growthOf(user, capacity))
  let growing = growths.filter(({ isGrowing }) => isGrowing)
  while (growing.length > 0) {
    const rise = levelLeft(growing, left)
    for (const growth of growing) raise(growth, rise, left)
    for (const growth of growing) growth.isGrowing = mayGrow(growth, left, capacity)
    growing = growing.filter(({ isGrowing }) => isGrowing)
  }
  return users.map(({ id, demand }, index) => {
    const tasks = growths[index]?.tasks ?? 0
    return { id, tasks, dominantShare: tasks === Infinity ? 0 : tasks * dominantShareOf(demand, capacity) }
  })
}

/** The largest fraction of any resource that the amounts make up; infinite where one of them does not exist. */
export function dominantShareOf(amounts: Amounts, capacity: Amounts): number {
  let share = 0
  for (const [name, amount] of Object.entries(amounts)) {
    if (amount > 0) share = Math.max(share, amount / amountOf(capacity, name))
  }
  return share
}

function growthOf(user: DrfUser, capacity: Amounts): Growth {
  const { demand, weight = 1, tasksMax = Infinity } = user
  if (!(weight > 0 && weight < Infinity)) throw new RangeError(`the weight must be above 0: ${weight}`)
  if (!(tasksMax >= 0)) throw new RangeError(`the limit must be 0 or more: ${tasksMax}`)
  // Tasks that would fill the scarcest resource alone.
  let tasksAlone = Infinity
  for (const [name, amount] of Object.entries(demand)) {
    if (checked(amount, name) > 0) tasksAlone = Math.min(tasksAlone, amountOf(capacity, name) / amount)
  }
  const demandsNothing = tasksAlone === Infinity
  return {
    user,
    tasksPerLevel: tasksAlone * weight,
    tasksMax,
    tasks: demandsNothing ? tasksMax : 0,
    isGrowing: !demandsNothing && tasksAlone > 0 && tasksMax > 0,
  }
}

/** How far the common level can rise before a resource is used up or a user reaches its limit. */
function levelLeft(growing: readonly Growth[], left: ReadonlyMap<string, number>): number {
  let rise = Infinity
  const rates = new Map<string, number>()
  for (const { user, tasksPerLevel, tasks, tasksMax } of growing) {
    rise = Math.min(rise, (tasksMax - tasks) / tasksPerLevel)
    for (const [name, amount] of Object.entries(user.demand)) {
      rates.set(name, (rates.get(name) ?? 0) + amount * tasksPerLevel)
    }
  }
  for (const [name, rate] of rates) if (rate > 0) rise = Math.min(rise, (left.get(name) ?? 0) / rate)
  return rise
}

function raise(growth: Growth, rise: number, left: Map<string, number>): void {
  const { user, tasksPerLevel, tasksMax } = growth
  const tasks = Math.min(tasksMax, growth.tasks + tasksPerLevel * rise)
  for (const [name, amount] of Object.entries(user.demand)) {
    if (amount > 0) left.set(name, Math.max(0, (left.get(name) ?? 0) - amount * (tasks - growth.tasks)))
  }
  growth.tasks = tasks
}

function mayGrow(
  { user, tasks, tasksMax }: Growth,
  left: ReadonlyMap<string, number>,
  capacity: Amounts,
): boolean {
  if (tasks >= tasksMax * (1 - EPSILON)) return false
  return Object.entries(user.demand).every(
    ([name, amount]) => amount === 0 || (left.get(name) ?? 0) > EPSILON * amountOf(capacity, name),
  )
}

function checked(amount: number, name: string): number {
  if (!(amount >= 0 && amount < Infinity)) throw new RangeError(`bad amount of ${name}: ${amount}`)
  return amount
}

/** A resource may be called `constructor`, which every object has. */
function amountOf(amounts: Amounts, name: string): number {
  return Object.hasOwn(amounts, name) ? (amounts[name] ?? 0) : 0
}
