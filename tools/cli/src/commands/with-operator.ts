import { readOperatorConfig, readToolConfig } from '../config.js';
import { DataDirectory } from '../installation/data-directory.js';
import { Operator } from '../operator/operator.js';

/** Runs a command's work as the operator of the platform that the environment names, else of the one in DATA_DIR. */
export async function withOperator(work: (operator: Operator) => Promise<void>): Promise<void> {
  const given = readOperatorConfig();
  const operator = given
    ? await Operator.at(given)
    : await Operator.connect(new DataDirectory(readToolConfig().DATA_DIR));
  try {
    await work(operator);
  } finally {
    await operator.close();
  }
}
