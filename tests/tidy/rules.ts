import { featureImports, packageImports, relativeImports } from './boundaries.ts'
import { links } from './links.ts'
import { fileNames, identifiers } from './names.ts'
import { environment, nounImports, nounPurity } from './nouns.ts'
import { erasable, fileLength, noBarrels, openTasks, silencedChecks } from './shape.ts'
import type { Rule, Tree } from './source.ts'

/** What the linter can't say: see CONTRIBUTING.md. Unused files and exports are knip's, cycles are the linter's. */
export const rules: Rule[] = [
  packageImports,
  relativeImports,
  featureImports,
  nounImports,
  nounPurity,
  environment,
  identifiers,
  fileNames,
  fileLength,
  noBarrels,
  erasable,
  openTasks,
  silencedChecks,
  links,
]

/** One line for each place that breaks a rule: `path:line breaks rule: what was found. What to do.` */
export function check(rule: Rule, tree: Tree): string[] {
  return [...tree.sources.values()].flatMap((file) =>
    rule
      .find(file, tree)
      .map(({ line, found }) => `${file.path}:${line} breaks ${rule.name}: it ${found}. ${rule.remedy}`),
  )
}
