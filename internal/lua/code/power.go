package code

import "math"

// Power is a ^ b. Small squares and square roots, which are frequent, take no call of the
// general function.
func Power(a, b float64) float64 {
	switch b {
	case 2:
		return a * a
	case 0.5:
		if a >= 0 && !math.IsInf(a, 0) && a != 0 {
			return math.Sqrt(a)
		}
	}
	if !(math.Abs(b) <= math.MaxFloat64) || math.Abs(b) <= 1 && b == math.Trunc(b) || a == 0 ||
		!(math.Abs(a) <= math.MaxFloat64) {
		return math.Pow(a, b) // needs no arithmetic
	}
	return power(a, b)
}

// power is a ^ b for numbers that are finite, a not 0. Go's math.Pow rounds each square,
// and these errors double with each further one: it has half of its digits wrong in (1 +
// 1e-9) ^ 1e9. Here a number is the sum of two while it is multiplied.
func power(a, b float64) float64 {
	if math.Abs(b) > 1<<53 { // an even number: the result is of interest only for an a that is almost 1
		return math.Exp(b * math.Log(math.Abs(a)))
	}
	whole, rest := math.Modf(math.Abs(b))
	if rest != 0 && a < 0 {
		return math.NaN()
	}
	if rest > 0.5 {
		whole, rest = whole+1, rest-1
	}
	m, e := math.Frexp(a)
	result, exponent := pair{1, 0}, 0
	if rest != 0 {
		// m*2^e to the rest is m^rest * 2^(e*rest), the product in the exponent without
		// an error.
		product := float64(float64(e) * rest)
		low := math.FMA(float64(e), rest, -product)
		near := math.Round(product)
		result.high = float64(math.Exp(rest*math.Log(m)) * math.Exp2(product-near+low))
		exponent = int(near)
	}
	factor, factorExponent := pair{m, 0}, e
	for n := int64(whole); n != 0; n >>= 1 {
		if factorExponent < -1<<12 || factorExponent > 1<<12 { // the result is 0 or infinite, whatever else is multiplied
			exponent += factorExponent
			break
		}
		if n&1 == 1 {
			result = result.times(factor)
			exponent += factorExponent
		}
		factor, factorExponent = factor.times(factor), 2*factorExponent
		if math.Abs(factor.high) < 0.5 {
			factor, factorExponent = pair{2 * factor.high, 2 * factor.low}, factorExponent-1
		}
	}
	if b < 0 {
		result, exponent = result.inverse(), -exponent
	}
	return math.Ldexp(result.high+result.low, exponent)
}

// A pair is the sum of two numbers. The second is small compared to the first.
type pair struct{ high, low float64 }

// times multiplies. No product is joined with a sum but by FMA, so that each processor
// has the same result.
func (p pair) times(q pair) pair {
	high := float64(p.high * q.high)
	low := math.FMA(p.high, q.high, -high) + (float64(p.high*q.low) + float64(p.low*q.high))
	sum := high + low
	return pair{sum, high - sum + low}
}

// inverse is 1 / p.
func (p pair) inverse() pair {
	high := 1 / p.high
	low := float64((math.FMA(-p.high, high, 1) - float64(p.low*high)) * high)
	return pair{high, low}
}
