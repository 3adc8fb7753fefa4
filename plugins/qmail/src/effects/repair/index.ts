// Repair of a queue, as commands and the hook `bulk` use it.
export {REPAIR, type RepairArgs} from './args.js'
export {repairHandler} from './handler.js'
export {repairPlan} from './plan.js'
