/**
 * Lints texts as if they stood in the given files: `[{ file, text }]` on stdin, the findings of each, in the same order, on stdout.
 * One process for all, because its start and the types of a project's files take seconds and serve every text.
 */
import { text } from 'node:stream/consumers';
import { ESLint } from 'eslint';

const eslint = new ESLint();
const findings = [];
for (const { file: filePath, text: code } of JSON.parse(await text(process.stdin))) {
  const [result] = await eslint.lintText(code, { filePath });
  findings.push(result.messages);
}
process.stdout.write(JSON.stringify(findings));
