import { describeSeeds } from './simulated-seeds.ts'

describeSeeds(2)
