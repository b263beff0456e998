/** The options of `equiflow report`. */
import type { ReportOptions } from '../commands/report.ts';
import { type AddCommand, declare } from './shared.ts';

const EXAMPLES = `
equiflow report --model model --results posteriors evaluation --out report.html
equiflow report --model 'Gaussian maps=grf/model' 'Lognormal maps=lognormal/model' \\
  --results grf/evaluation lognormal/evaluation --out report.html`;

/** Adds the command. */
export const addReport: AddCommand = (program, run) => {
  declare(
    program,
    'report',
    'One self-contained HTML page out of what train, infer and evaluate wrote.',
    EXAMPLES,
  )
    .requiredOption(
      '--model <folders...>',
      'folders of models, each with a heading if wanted: HEADING=FOLDER',
    )
    .option('--results <folders...>', 'folders that infer and evaluate wrote', [])
    .option('--title <text>', 'title of the page', 'equiflow report')
    .requiredOption('--out <file>', 'the page, a .html file')
    .action((flags: ReportOptions & { readonly json: boolean }) =>
      run(async () => (await import('../commands/report.ts')).report(flags), flags.json),
    );
};
