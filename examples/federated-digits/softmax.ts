/** Softmax regression by stochastic gradient descent: small enough to read, good enough for handwritten digits. */
export interface Sample {
  /** 0 to 1, as many in every sample. */
  readonly inputs: Float64Array
  /** 0 up to the number of classes. */
  readonly label: number
}

export interface Training {
  readonly classCount: number
  readonly epochs: number
  readonly batchSize: number
  readonly stepSize: number
  /** Uniform in [0, 1): decides the order of the samples. */
  readonly random: () => number
}

/** Weights of each class for each input, and one more for the bias. */
export function emptyModel(classCount: number, inputCount: number): Float64Array {
  return new Float64Array(classCount * (inputCount + 1))
}

/** The model after training on the samples from where it stands. */
export function train(start: Float64Array, samples: readonly Sample[], training: Training): Float64Array {
  const model = Float64Array.from(start)
  const gradient = new Float64Array(model.length)
  const scores = new Float64Array(training.classCount)
  for (let epoch = 0; epoch < training.epochs; epoch++) {
    const order = shuffled(samples, training.random)
    for (let first = 0; first < order.length; first += training.batchSize) {
      const batch = order.slice(first, first + training.batchSize)
      gradient.fill(0)
      for (const sample of batch) addGradient(gradient, model, sample, scores)
      const step = training.stepSize / batch.length
      for (let index = 0; index < model.length; index++)
        model[index] = at(model, index) - step * at(gradient, index)
    }
  }
  return model
}

/** What part of the samples the model names right, 0 to 1. */
export function accuracy(model: Float64Array, samples: readonly Sample[], classCount: number): number {
  const scores = new Float64Array(classCount)
  const right = samples.filter(({ inputs, label }) => {
    writeScores(scores, model, inputs)
    return scores.indexOf(Math.max(...scores)) === label
  })
  return right.length / samples.length
}

export function shuffled<T>(items: readonly T[], random: () => number): T[] {
  const order = [...items]
  for (let last = order.length - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1))
    ;[order[last], order[other]] = [order[other] as T, order[last] as T]
  }
  return order
}

/** The gradient of the cross-entropy: (probability − truth) · input. */
function addGradient(
  gradient: Float64Array,
  model: Float64Array,
  { inputs, label }: Sample,
  probabilities: Float64Array,
): void {
  writeScores(probabilities, model, inputs)
  let highest = Number.NEGATIVE_INFINITY
  for (const score of probabilities) highest = Math.max(highest, score)
  let total = 0
  for (let row = 0; row < probabilities.length; row++) {
    const power = Math.exp(at(probabilities, row) - highest)
    probabilities[row] = power
    total += power
  }
  const width = inputs.length + 1
  for (let row = 0; row < probabilities.length; row++) {
    const error = at(probabilities, row) / total - (row === label ? 1 : 0)
    const start = row * width
    for (let input = 0; input < inputs.length; input++)
      gradient[start + input] = at(gradient, start + input) + error * at(inputs, input)
    gradient[start + inputs.length] = at(gradient, start + inputs.length) + error
  }
}

/** Writes the score of each class into `scores`. */
function writeScores(scores: Float64Array, model: Float64Array, inputs: Float64Array): void {
  const width = inputs.length + 1
  for (let row = 0; row < scores.length; row++) {
    const start = row * width
    let score = at(model, start + inputs.length)
    for (let input = 0; input < inputs.length; input++) score += at(model, start + input) * at(inputs, input)
    scores[row] = score
  }
}

function at(vector: Float64Array, index: number): number {
  return vector[index] ?? 0
}
