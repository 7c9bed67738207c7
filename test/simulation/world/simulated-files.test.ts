import { filesContract } from '../../core/runtime/files.contract.js'
import { SimulatedWorld } from './simulated-world.js'

filesContract('the simulated disk', async () => {
  const machine = new SimulatedWorld({ seed: 1 })
  const { files } = machine.boot()
  await machine.run(() => files.makeDirectory('/data'))
  return { files, directory: '/data', drive: (work) => machine.run(work), dispose: async () => {} }
})
