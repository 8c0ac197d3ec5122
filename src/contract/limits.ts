const KIB = 1024
const MINUTE_MS = 60_000
const DAY_MS = 24 * 60 * MINUTE_MS

/** What one request, frame or field may measure. A server may be set to accept less, never more. */
export const LIMITS = {
  /** UTF-8 bytes of a payload, result or message, as it was sent. */
  payloadBytesMax: 128 * KIB,
  /** Bytes of one WebSocket message. */
  frameBytesMax: 256 * KIB,
  /** Bytes of a request's body, on every route but the batch. */
  bodyBytesMax: 1024 * KIB,
  batchBodyBytesMax: 8 * 1024 * KIB,
  /** Bytes of a model or of an update. */
  modelBytesMax: 8 * 1024 * KIB,
  /** Arrays and objects inside each other: in an opaque value, and in what stands around it. */
  jsonDepthMax: 32,

  batchMax: 500,
  pipelineStagesMax: 100,
  dependsOnMax: 1_000,
  pageSizeMax: 100,
  damagedIdsMax: 1_000,
  pageSizeDefault: 50,
  claimCountMax: 100,
  claimWaitMsMax: 30_000,
  heldTasksMax: 1_000,

  idLengthMax: 63,
  nameLengthMax: 128,
  titleLengthMax: 256,
  textLengthMax: 1_024,
  pageTokenLengthMax: 1_024,
  idempotencyKeyLengthMax: 200,
  agentTokenLengthMax: 512,
  messageIdLengthMax: 64,

  /** Edges in one request to a trail set. */
  trailEdgesPerRequestMax: 10_000,
  trailEdgeLengthMax: 200,
  trailAmountMax: 1_000_000,
  trailTopMax: 10_000,
  trailFollowMax: 100,

  /** Message ids in one acknowledgement. */
  acknowledgedMax: 500,
  topicsPerAgentMax: 100,
  /** Agents on a message's path: as many as a swarm can have. */
  pathLengthMax: 100_000,

  /** Records in one request to the memory. */
  memoryBatchMax: 500,
  /** UTF-8 bytes of a record's key. */
  memoryKeyBytesMax: 128,
  memoryPageSizeMax: 1_000,
  /** A page of a list with values ends behind so many bytes. */
  memoryPageBytes: 4 * 1024 * KIB,
  memoryTagsMax: 32,
  memoryRefsMax: 32,
  memoryNamespacesPerSearchMax: 100,
  memorySearchCountMax: 100,
  memoryVersionsMax: 101,
  memoryFieldWeightsMax: 32,
  embeddingLengthMax: 4_096,
  crdtReplicasMax: 1_000,
  crdtEarlyMax: 1_000,
  setElementsMax: 10_000,
  setElementLengthMax: 1_024,

  capabilitiesPerTaskMax: 16,
  capabilitiesPerAgentMax: 128,
  resourcesMax: 32,
  labelsMax: 32,
  metadataMax: 32,
  experiencesPageMax: 1_000,
  featuresMax: 32,
  eventTypesPerFilterMax: 32,
  controlsMax: 10_000,
  budgetsMax: 10_000,
  slotsMax: 1_000,
  attemptsMax: 100,

  leaseMsMin: 1_000,
  leaseMsMax: 3_600_000,
  delayMsMax: 30 * DAY_MS,
  messageTtlMsMax: 30 * DAY_MS,
  timeoutMsMin: 100,
  timeoutMsMax: 7 * DAY_MS,
  timeoutMsDefault: 10 * MINUTE_MS,
} as const
