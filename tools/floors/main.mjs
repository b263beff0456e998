/** `pnpm lint`: print what breaks the rules of the house, and exit with 1 where anything does. */
import { checkFloors } from './check.mjs';

const findings = checkFloors(process.cwd());
for (const finding of findings) console.error(finding);
console.log(
  findings.length === 0 ? 'Floors: all imports are in order' : `Floors: ${findings.length} to mend`,
);
process.exitCode = findings.length === 0 ? 0 : 1;
