/**
 * The natural logarithm of the chance that a chi-square value with `2 * halfDegrees` degrees of freedom
 * is at least `value` (G. Robinson, "A Statistical Approach to the Spam Problem", Linux Journal 107,
 * 2003). As a logarithm it does not saturate: two strong chances can still be compared.
 */
export function logChiSquareTail(value: number, halfDegrees: number): number {
  const half = value / 2;
  let term = 1;
  let sum = 1;
  let logScale = -half;
  for (let i = 1; i < halfDegrees; i++) {
    term *= half / i;
    sum += term;
    if (sum > 1e200) {
      logScale += Math.log(sum);
      term /= sum;
      sum = 1;
    }
  }
  return Math.min(0, logScale + Math.log(sum));
}
