/** Names of parameters as labels: `Omega_m` is Ω with an index m. */

const GREEK: ReadonlySet<string> = new Set(
  'alpha beta gamma delta epsilon zeta eta theta kappa lambda mu nu xi pi rho sigma tau phi chi psi omega Gamma Delta Theta Lambda Sigma Phi Psi Omega'.split(
    ' ',
  ),
);

/** A label in TeX for GetDist and for figures: `\Omega_m`, `\sigma_8`, `n_s`. */
export function label(name: string): string {
  const [head = '', ...rest] = name.split('_');
  const base = GREEK.has(head) ? `\\${head}` : head;
  if (rest.length === 0) return base;
  const index = rest.join(' ');
  return index.length === 1 ? `${base}_${index}` : `${base}_{${index}}`;
}
