export type TopologyKind = 'mesh' | 'hierarchical' | 'ring'
export type RingDirection = 'one_way' | 'two_way'

export type TopologySettings =
  | { readonly kind: 'mesh' }
  | {
      readonly kind: 'hierarchical'
      /** Most children of one member, 2 to 64. */
      readonly branching: number
    }
  | { readonly kind: 'ring'; readonly direction: RingDirection }
