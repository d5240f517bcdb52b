/** Numbers as Java prints them: stored texts are compared byte for byte with what the JVM registry would have stored. */

/** `Double.toString`: `1.0`, `1.0E10`, `NaN`, with the fewest digits that tell the value from its neighbours. */
export function javaDoubleText(value: number): string {
  return javaDecimalText(value, value.toExponential())
}

/** `Float.toString`. */
export function javaFloatText(value: number): string {
  const rounded = Math.fround(value)
  for (let digits = 0; digits <= 8; digits++) {
    const text = rounded.toExponential(digits)
    if (Math.fround(Number(text)) === rounded) return javaDecimalText(rounded, text)
  }
  return javaDecimalText(rounded, rounded.toExponential())
}

function javaDecimalText(value: number, exponential: string): string {
  if (Number.isNaN(value)) return 'NaN'
  const sign = value < 0 || Object.is(value, -0) ? '-' : ''
  if (!Number.isFinite(value)) return `${sign}Infinity`
  if (value === 0) return `${sign}0.0`
  const [mantissa = '', exponentText = '0'] = exponential.replace(/^-/, '').split('e')
  const exponent = Number(exponentText)
  const digits = mantissa.replace('.', '').replace(/0+$/, '') || '0'
  if (exponent < -3 || exponent >= 7) return `${sign}${digits[0]}.${digits.slice(1) || '0'}E${exponent}`
  if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${digits}`
  return `${sign}${digits.slice(0, exponent + 1).padEnd(exponent + 1, '0')}.${digits.slice(exponent + 1) || '0'}`
}
