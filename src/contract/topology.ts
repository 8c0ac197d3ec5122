import { type Static, Type } from '@sinclair/typebox'
import { LIMITS } from './limits.ts'
import { AgentId, Count } from './scalars.ts'
import { closedObject, namedValues, textEnum } from './schema.ts'

const membersMax = LIMITS.pathLengthMax
const orNull = <S extends ReturnType<typeof Type.String> | ReturnType<typeof Type.Integer>>(
  schema: S,
  description: string,
) => Type.Union([schema, Type.Null()], { description })
const kind = textEnum(['mesh', 'hierarchical', 'ring'], { description: 'What it is.' })

export const TopologyView = closedObject(
  {
    kind,
    version: Count('Raised with every change; messages carry it.'),
    leaderId: orNull(AgentId, 'The elected leader, where there is one; the root of the tree.'),
    branching: orNull(Type.Integer({ minimum: 2, maximum: 64 }), 'Most children of one agent in a tree.'),
    direction: Type.Union(
      [textEnum(['one_way', 'two_way'], { description: 'Ways round a ring.' }), Type.Null()],
      { description: 'Of a ring.' },
    ),
    nodes: Type.Array(
      closedObject(
        {
          agentId: AgentId,
          level: Count('From the root, which is 0; 0 for all where there is no tree.'),
          parentId: orNull(AgentId, 'Its manager in a tree.'),
          isLeader: Type.Boolean({ description: 'Whether it is the elected leader.' }),
        },
        { title: 'TopologyNode', description: 'A member.' },
      ),
      { maxItems: membersMax, description: 'The members, level by level and in ring order.' },
    ),
    edges: Type.Array(
      closedObject(
        {
          from: AgentId,
          to: AgentId,
          strength: Type.Union([Type.Number({ minimum: 0 }), Type.Null()], {
            description: 'How much a mesh edge is used; fades without use. Null in trees and rings.',
          }),
        },
        {
          title: 'TopologyEdge',
          description: 'From parent to child, from an agent to its successor, or a used edge of a mesh.',
        },
      ),
      { maxItems: membersMax, description: 'All of a tree or ring; of a mesh the strongest that were used.' },
    ),
    edgeCount: Count('Edges messages may take.'),
    levels: Type.Array(Type.Array(AgentId, { maxItems: membersMax }), {
      maxItems: membersMax,
      description: 'From the root down; one level where there is no tree.',
    }),
    reportingChains: namedValues(
      '^[a-z0-9][a-z0-9-]{0,62}$',
      Type.Array(AgentId, { maxItems: 64, description: 'Nearest manager first.' }),
      { description: "Each member's managers; only members that have one.", maxProperties: membersMax },
    ),
    cost: Type.Array(
      closedObject(
        {
          topology: kind,
          traffic: textEnum(
            ['direct', 'request', 'topic', 'broadcast', 'pipeline', 'delegation', 'escalation', 'gossip'],
            { description: 'What travelled.' },
          ),
          messages: Count('How many.'),
          hops: Count('Edges they passed.'),
        },
        { title: 'CommunicationCost', description: 'What one kind of traffic cost.' },
      ),
      { maxItems: 24, description: 'Since this node coordinates the swarm.' },
    ),
  },
  { title: 'Topology', description: 'Who may talk to whom, and along which path.' },
)
export type TopologyView = Static<typeof TopologyView>
