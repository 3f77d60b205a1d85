import { DataDirectory } from '../installation/data-directory.js';
import { readToolConfig } from '../config.js';
import { Operator } from '../operator/operator.js';

/** Runs a command's work as the operator of the installation that DATA_DIR names. */
export async function withOperator(work: (operator: Operator) => Promise<void>): Promise<void> {
  const operator = await Operator.connect(new DataDirectory(readToolConfig().DATA_DIR));
  try {
    await work(operator);
  } finally {
    await operator.close();
  }
}
