// Repair of a queue, as commands and the hook `bulk` use it.
export {REPAIR, repairHandler, type RepairArgs} from './handler.js'
export {repairPlan} from './plan.js'
