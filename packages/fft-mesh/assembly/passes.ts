/**
 * Butterfly passes of the Stockham autosort transform (decimation in frequency), vectorised over lanes.
 *
 * A block holds n complex elements of V vectors each, re and im of a vector side by side:
 * element k, vector v is at `(k V + v) 32` bytes, re first. A pass of radix r with `span` m takes
 *   y[q + s (r p + j)] = w^(p j) Σ_k x[q + s (p + m k)] e^(-2πi j k / r),   w = e^(-2πi / (r m)),
 * where q runs over the s V vectors done so far (`inner` bytes: contiguous in x and in y).
 * Twiddles are (re, im) pairs in the order of p, then j = 1 … r − 1.
 */

/** Bytes of one complex vector: re and im. */
export const PAIR: usize = 32;

/** Stores (re, im), times a twiddle where `twiddled`; im lies beside re in a block, or `apart` by `gap` bytes. */
@inline function putAt<T>(at: usize, gap: usize, apart: bool, re: v128, im: v128, wr: v128, wi: v128, twiddled: bool): void {
  const yr = twiddled ? v128.sub<T>(v128.mul<T>(re, wr), v128.mul<T>(im, wi)) : re;
  const yi = twiddled ? v128.add<T>(v128.mul<T>(re, wi), v128.mul<T>(im, wr)) : im;
  v128.store(at, yr);
  if (apart) v128.store(at + gap, yi);
  else v128.store(at, yi, 16);
}

@inline function put<T>(at: usize, re: v128, im: v128, wr: v128, wi: v128, twiddled: bool): void {
  putAt<T>(at, 0, false, re, im, wr, wi, twiddled);
}

/** The im that belongs to the re at x. */
@inline function imOf(x: usize, gap: usize, apart: bool): v128 {
  return apart ? v128.load(x + gap) : v128.load(x, 16);
}

/** Real number `index` of a table in every lane; nothing is read where the pass has no twiddles. */
@inline function twiddle<T>(table: usize, index: usize, twiddled: bool): v128 {
  return twiddled ? v128.load_splat<T>(table + index * sizeof<T>()) : f64x2.splat(0);
}

@inline function butterflies2<T>(x: usize, y: usize, reach: usize, inner: usize, w: usize, twiddled: bool): void {
  const w1r = twiddle<T>(w, 0, twiddled), w1i = twiddle<T>(w, 1, twiddled);
  for (const end = y + inner; y < end; x += PAIR, y += PAIR) {
    const ar = v128.load(x), ai = v128.load(x, 16);
    const br = v128.load(x + reach), bi = v128.load(x + reach, 16);
    v128.store(y, v128.add<T>(ar, br));
    v128.store(y, v128.add<T>(ai, bi), 16);
    put<T>(y + inner, v128.sub<T>(ar, br), v128.sub<T>(ai, bi), w1r, w1i, twiddled);
  }
}

@inline function butterflies3<T>(x: usize, y: usize, reach: usize, inner: usize, w: usize, twiddled: bool): void {
  const w1r = twiddle<T>(w, 0, twiddled), w1i = twiddle<T>(w, 1, twiddled), w2r = twiddle<T>(w, 2, twiddled), w2i = twiddle<T>(w, 3, twiddled);
  const half = v128.splat<T>(<T>0.5), sine = v128.splat<T>(<T>0.86602540378443864676);
  for (const end = y + inner; y < end; x += PAIR, y += PAIR) {
    const xb = x + reach, xc = xb + reach;
    const ar = v128.load(x), ai = v128.load(x, 16);
    const br = v128.load(xb), bi = v128.load(xb, 16), cr = v128.load(xc), ci = v128.load(xc, 16);
    const tr = v128.add<T>(br, cr), ti = v128.add<T>(bi, ci);
    const ur = v128.mul<T>(v128.sub<T>(bi, ci), sine), ui = v128.mul<T>(v128.sub<T>(cr, br), sine);
    const mr = v128.sub<T>(ar, v128.mul<T>(tr, half)), mi = v128.sub<T>(ai, v128.mul<T>(ti, half));
    v128.store(y, v128.add<T>(ar, tr));
    v128.store(y, v128.add<T>(ai, ti), 16);
    const yb = y + inner, yc = yb + inner;
    put<T>(yb, v128.add<T>(mr, ur), v128.add<T>(mi, ui), w1r, w1i, twiddled);
    put<T>(yc, v128.sub<T>(mr, ur), v128.sub<T>(mi, ui), w2r, w2i, twiddled);
  }
}

/** `count` radix-4 butterflies; x and y are blocks, or matrices with im `apart` from re. */
@inline function butterflies4<T>(
  x: usize, xGap: usize, xApart: bool, y: usize, yGap: usize, yApart: bool,
  reach: usize, leap: usize, count: usize, w: usize, twiddled: bool,
): void {
  const w1r = twiddle<T>(w, 0, twiddled), w1i = twiddle<T>(w, 1, twiddled), w2r = twiddle<T>(w, 2, twiddled);
  const w2i = twiddle<T>(w, 3, twiddled), w3r = twiddle<T>(w, 4, twiddled), w3i = twiddle<T>(w, 5, twiddled);
  for (let left = count; left; left--, x += xApart ? 16 : PAIR, y += yApart ? 16 : PAIR) {
    const xb = x + reach, xc = xb + reach, xd = xc + reach;
    const ar = v128.load(x), ai = imOf(x, xGap, xApart), br = v128.load(xb), bi = imOf(xb, xGap, xApart);
    const cr = v128.load(xc), ci = imOf(xc, xGap, xApart), dr = v128.load(xd), di = imOf(xd, xGap, xApart);
    const pr = v128.add<T>(ar, cr), pi = v128.add<T>(ai, ci), mr = v128.sub<T>(ar, cr), mi = v128.sub<T>(ai, ci);
    const qr = v128.add<T>(br, dr), qi = v128.add<T>(bi, di), nr = v128.sub<T>(br, dr), ni = v128.sub<T>(bi, di);
    const yb = y + leap, yc = yb + leap, yd = yc + leap;
    putAt<T>(y, yGap, yApart, v128.add<T>(pr, qr), v128.add<T>(pi, qi), w1r, w1i, false);
    putAt<T>(yb, yGap, yApart, v128.add<T>(mr, ni), v128.sub<T>(mi, nr), w1r, w1i, twiddled);
    putAt<T>(yc, yGap, yApart, v128.sub<T>(pr, qr), v128.sub<T>(pi, qi), w2r, w2i, twiddled);
    putAt<T>(yd, yGap, yApart, v128.sub<T>(mr, ni), v128.add<T>(mi, nr), w3r, w3i, twiddled);
  }
}

@inline function butterflies5<T>(x: usize, y: usize, reach: usize, inner: usize, w: usize, twiddled: bool): void {
  const c1 = v128.splat<T>(<T>0.30901699437494742410), c2 = v128.splat<T>(<T>-0.80901699437494742410);
  const s1 = v128.splat<T>(<T>0.95105651629515357212), s2 = v128.splat<T>(<T>0.58778525229247312917);
  for (const end = y + inner; y < end; x += PAIR, y += PAIR) {
    const xb = x + reach, xc = xb + reach, xd = xc + reach, xe = xd + reach;
    const ar = v128.load(x), ai = v128.load(x, 16);
    const br = v128.load(xb), bi = v128.load(xb, 16), er = v128.load(xe), ei = v128.load(xe, 16);
    const cr = v128.load(xc), ci = v128.load(xc, 16), dr = v128.load(xd), di = v128.load(xd, 16);
    const pr = v128.add<T>(br, er), pi = v128.add<T>(bi, ei), mr = v128.sub<T>(br, er), mi = v128.sub<T>(bi, ei);
    const qr = v128.add<T>(cr, dr), qi = v128.add<T>(ci, di), nr = v128.sub<T>(cr, dr), ni = v128.sub<T>(ci, di);
    v128.store(y, v128.add<T>(ar, v128.add<T>(pr, qr)));
    v128.store(y, v128.add<T>(ai, v128.add<T>(pi, qi)), 16);
    const er1 = v128.add<T>(ar, v128.add<T>(v128.mul<T>(pr, c1), v128.mul<T>(qr, c2)));
    const ei1 = v128.add<T>(ai, v128.add<T>(v128.mul<T>(pi, c1), v128.mul<T>(qi, c2)));
    const er2 = v128.add<T>(ar, v128.add<T>(v128.mul<T>(pr, c2), v128.mul<T>(qr, c1)));
    const ei2 = v128.add<T>(ai, v128.add<T>(v128.mul<T>(pi, c2), v128.mul<T>(qi, c1)));
    const or1 = v128.add<T>(v128.mul<T>(mi, s1), v128.mul<T>(ni, s2));
    const oi1 = v128.add<T>(v128.mul<T>(mr, s1), v128.mul<T>(nr, s2));
    const or2 = v128.sub<T>(v128.mul<T>(mi, s2), v128.mul<T>(ni, s1));
    const oi2 = v128.sub<T>(v128.mul<T>(mr, s2), v128.mul<T>(nr, s1));
    const yb = y + inner, yc = yb + inner, yd = yc + inner, ye = yd + inner;
    put<T>(yb, v128.add<T>(er1, or1), v128.sub<T>(ei1, oi1), twiddle<T>(w, 0, twiddled), twiddle<T>(w, 1, twiddled), twiddled);
    put<T>(yc, v128.add<T>(er2, or2), v128.sub<T>(ei2, oi2), twiddle<T>(w, 2, twiddled), twiddle<T>(w, 3, twiddled), twiddled);
    put<T>(yd, v128.sub<T>(er2, or2), v128.add<T>(ei2, oi2), twiddle<T>(w, 4, twiddled), twiddle<T>(w, 5, twiddled), twiddled);
    put<T>(ye, v128.sub<T>(er1, or1), v128.add<T>(ei1, oi1), twiddle<T>(w, 6, twiddled), twiddle<T>(w, 7, twiddled), twiddled);
  }
}

/** a + x u + y v + z w, the dot product of a radix-7 row. */
@inline function dot3<T>(x: v128, u: v128, y: v128, v: v128, z: v128, w: v128): v128 {
  return v128.add<T>(v128.add<T>(v128.mul<T>(x, u), v128.mul<T>(y, v)), v128.mul<T>(z, w));
}

@inline function butterflies7<T>(x: usize, y: usize, reach: usize, inner: usize, w: usize, twiddled: bool): void {
  const c1 = v128.splat<T>(<T>0.62348980185873353053), s1 = v128.splat<T>(<T>0.78183148246802980871);
  const c2 = v128.splat<T>(<T>-0.22252093395631440429), s2 = v128.splat<T>(<T>0.97492791218182360702);
  const c3 = v128.splat<T>(<T>-0.90096886790241912624), s3 = v128.splat<T>(<T>0.43388373911755812048);
  for (const end = y + inner; y < end; x += PAIR, y += PAIR) {
    const xb = x + reach, xc = xb + reach, xd = xc + reach, xe = xd + reach, xf = xe + reach, xg = xf + reach;
    const ar = v128.load(x), ai = v128.load(x, 16);
    const br = v128.load(xb), bi = v128.load(xb, 16), gr = v128.load(xg), gi = v128.load(xg, 16);
    const cr = v128.load(xc), ci = v128.load(xc, 16), fr = v128.load(xf), fi = v128.load(xf, 16);
    const dr = v128.load(xd), di = v128.load(xd, 16), er = v128.load(xe), ei = v128.load(xe, 16);
    const p1r = v128.add<T>(br, gr), p1i = v128.add<T>(bi, gi), m1r = v128.sub<T>(br, gr), m1i = v128.sub<T>(bi, gi);
    const p2r = v128.add<T>(cr, fr), p2i = v128.add<T>(ci, fi), m2r = v128.sub<T>(cr, fr), m2i = v128.sub<T>(ci, fi);
    const p3r = v128.add<T>(dr, er), p3i = v128.add<T>(di, ei), m3r = v128.sub<T>(dr, er), m3i = v128.sub<T>(di, ei);
    v128.store(y, v128.add<T>(v128.add<T>(ar, p1r), v128.add<T>(p2r, p3r)));
    v128.store(y, v128.add<T>(v128.add<T>(ai, p1i), v128.add<T>(p2i, p3i)), 16);
    const e1r = v128.add<T>(ar, dot3<T>(p1r, c1, p2r, c2, p3r, c3)), e1i = v128.add<T>(ai, dot3<T>(p1i, c1, p2i, c2, p3i, c3));
    const e2r = v128.add<T>(ar, dot3<T>(p1r, c2, p2r, c3, p3r, c1)), e2i = v128.add<T>(ai, dot3<T>(p1i, c2, p2i, c3, p3i, c1));
    const e3r = v128.add<T>(ar, dot3<T>(p1r, c3, p2r, c1, p3r, c2)), e3i = v128.add<T>(ai, dot3<T>(p1i, c3, p2i, c1, p3i, c2));
    const n2r = v128.neg<T>(m2r), n2i = v128.neg<T>(m2i), n3r = v128.neg<T>(m3r), n3i = v128.neg<T>(m3i);
    const o1r = dot3<T>(m1i, s1, m2i, s2, m3i, s3), o1i = dot3<T>(m1r, s1, m2r, s2, m3r, s3);
    const o2r = dot3<T>(m1i, s2, n2i, s3, n3i, s1), o2i = dot3<T>(m1r, s2, n2r, s3, n3r, s1);
    const o3r = dot3<T>(m1i, s3, n2i, s1, m3i, s2), o3i = dot3<T>(m1r, s3, n2r, s1, m3r, s2);
    const yb = y + inner, yc = yb + inner, yd = yc + inner, ye = yd + inner, yf = ye + inner, yg = yf + inner;
    put<T>(yb, v128.add<T>(e1r, o1r), v128.sub<T>(e1i, o1i), twiddle<T>(w, 0, twiddled), twiddle<T>(w, 1, twiddled), twiddled);
    put<T>(yc, v128.add<T>(e2r, o2r), v128.sub<T>(e2i, o2i), twiddle<T>(w, 2, twiddled), twiddle<T>(w, 3, twiddled), twiddled);
    put<T>(yd, v128.add<T>(e3r, o3r), v128.sub<T>(e3i, o3i), twiddle<T>(w, 4, twiddled), twiddle<T>(w, 5, twiddled), twiddled);
    put<T>(ye, v128.sub<T>(e3r, o3r), v128.add<T>(e3i, o3i), twiddle<T>(w, 6, twiddled), twiddle<T>(w, 7, twiddled), twiddled);
    put<T>(yf, v128.sub<T>(e2r, o2r), v128.add<T>(e2i, o2i), twiddle<T>(w, 8, twiddled), twiddle<T>(w, 9, twiddled), twiddled);
    put<T>(yg, v128.sub<T>(e1r, o1r), v128.add<T>(e1i, o1i), twiddle<T>(w, 10, twiddled), twiddle<T>(w, 11, twiddled), twiddled);
  }
}

/** `count` radix-8 butterflies, as `butterflies4`. */
@inline function butterflies8<T>(
  x: usize, xGap: usize, xApart: bool, y: usize, yGap: usize, yApart: bool,
  reach: usize, leap: usize, count: usize, w: usize, twiddled: bool,
): void {
  const root = v128.splat<T>(<T>0.70710678118654752440);
  for (let left = count; left; left--, x += xApart ? 16 : PAIR, y += yApart ? 16 : PAIR) {
    const xb = x + reach, xc = xb + reach, xd = xc + reach;
    const xe = xd + reach, xf = xe + reach, xg = xf + reach, xh = xg + reach;
    const yb = y + leap, yc = yb + leap, yd = yc + leap;
    const ye = yd + leap, yf = ye + leap, yg = yf + leap, yh = yg + leap;
    // Differences of elements four apart give the odd outputs: turned by e^(-πi k / 4).
    let ar = v128.load(x), br = v128.load(xe), ai = imOf(x, xGap, xApart), bi = imOf(xe, xGap, xApart);
    const p0r = v128.add<T>(ar, br), p0i = v128.add<T>(ai, bi), m0r = v128.sub<T>(ar, br), m0i = v128.sub<T>(ai, bi);
    ar = v128.load(xc); br = v128.load(xg); ai = imOf(xc, xGap, xApart); bi = imOf(xg, xGap, xApart);
    const p2r = v128.add<T>(ar, br), p2i = v128.add<T>(ai, bi), m2r = v128.sub<T>(ai, bi), m2i = v128.sub<T>(br, ar);
    ar = v128.load(xb); br = v128.load(xf); ai = imOf(xb, xGap, xApart); bi = imOf(xf, xGap, xApart);
    const p1r = v128.add<T>(ar, br), p1i = v128.add<T>(ai, bi);
    const d1r = v128.sub<T>(ar, br), d1i = v128.sub<T>(ai, bi);
    ar = v128.load(xd); br = v128.load(xh); ai = imOf(xd, xGap, xApart); bi = imOf(xh, xGap, xApart);
    const p3r = v128.add<T>(ar, br), p3i = v128.add<T>(ai, bi);
    const d3r = v128.sub<T>(ar, br), d3i = v128.sub<T>(ai, bi);
    // Even outputs.
    const q0r = v128.add<T>(p0r, p2r), q0i = v128.add<T>(p0i, p2i), q1r = v128.sub<T>(p0r, p2r), q1i = v128.sub<T>(p0i, p2i);
    const q2r = v128.add<T>(p1r, p3r), q2i = v128.add<T>(p1i, p3i), q3r = v128.sub<T>(p1i, p3i), q3i = v128.sub<T>(p3r, p1r);
    putAt<T>(y, yGap, yApart, v128.add<T>(q0r, q2r), v128.add<T>(q0i, q2i), root, root, false);
    putAt<T>(yc, yGap, yApart, v128.add<T>(q1r, q3r), v128.add<T>(q1i, q3i), twiddle<T>(w, 2, twiddled), twiddle<T>(w, 3, twiddled), twiddled);
    putAt<T>(ye, yGap, yApart, v128.sub<T>(q0r, q2r), v128.sub<T>(q0i, q2i), twiddle<T>(w, 6, twiddled), twiddle<T>(w, 7, twiddled), twiddled);
    putAt<T>(yg, yGap, yApart, v128.sub<T>(q1r, q3r), v128.sub<T>(q1i, q3i), twiddle<T>(w, 10, twiddled), twiddle<T>(w, 11, twiddled), twiddled);
    // Odd outputs.
    const m1r = v128.mul<T>(v128.add<T>(d1r, d1i), root), m1i = v128.mul<T>(v128.sub<T>(d1i, d1r), root);
    const m3r = v128.mul<T>(v128.sub<T>(d3i, d3r), root), m3i = v128.mul<T>(v128.add<T>(d3r, d3i), root);
    const o0r = v128.add<T>(m0r, m2r), o0i = v128.add<T>(m0i, m2i), o1r = v128.sub<T>(m0r, m2r), o1i = v128.sub<T>(m0i, m2i);
    const o2r = v128.add<T>(m1r, m3r), o2i = v128.sub<T>(m1i, m3i), o3r = v128.add<T>(m1i, m3i), o3i = v128.sub<T>(m3r, m1r);
    putAt<T>(yb, yGap, yApart, v128.add<T>(o0r, o2r), v128.add<T>(o0i, o2i), twiddle<T>(w, 0, twiddled), twiddle<T>(w, 1, twiddled), twiddled);
    putAt<T>(yd, yGap, yApart, v128.add<T>(o1r, o3r), v128.add<T>(o1i, o3i), twiddle<T>(w, 4, twiddled), twiddle<T>(w, 5, twiddled), twiddled);
    putAt<T>(yf, yGap, yApart, v128.sub<T>(o0r, o2r), v128.sub<T>(o0i, o2i), twiddle<T>(w, 8, twiddled), twiddle<T>(w, 9, twiddled), twiddled);
    putAt<T>(yh, yGap, yApart, v128.sub<T>(o1r, o3r), v128.sub<T>(o1i, o3i), twiddle<T>(w, 12, twiddled), twiddle<T>(w, 13, twiddled), twiddled);
  }
}

// One function a radix and dtype: the first p has no twiddles.
function pass2<T>(x: usize, y: usize, span: i32, inner: usize, w: usize): void {
  const reach = <usize>span * inner;
  butterflies2<T>(x, y, reach, inner, w, false);
  for (let p = 1; p < span; p++) {
    w += 2 * sizeof<T>();
    x += inner;
    y += 2 * inner;
    butterflies2<T>(x, y, reach, inner, w, true);
  }
}
function pass3<T>(x: usize, y: usize, span: i32, inner: usize, w: usize): void {
  const reach = <usize>span * inner;
  butterflies3<T>(x, y, reach, inner, w, false);
  for (let p = 1; p < span; p++) {
    w += 4 * sizeof<T>();
    x += inner;
    y += 3 * inner;
    butterflies3<T>(x, y, reach, inner, w, true);
  }
}
function pass4<T>(x: usize, y: usize, span: i32, inner: usize, w: usize): void {
  const reach = <usize>span * inner;
  const count = inner / PAIR;
  butterflies4<T>(x, 0, false, y, 0, false, reach, inner, count, w, false);
  for (let p = 1; p < span; p++) {
    w += 6 * sizeof<T>();
    x += inner;
    y += 4 * inner;
    butterflies4<T>(x, 0, false, y, 0, false, reach, inner, count, w, true);
  }
}
function pass5<T>(x: usize, y: usize, span: i32, inner: usize, w: usize): void {
  const reach = <usize>span * inner;
  butterflies5<T>(x, y, reach, inner, w, false);
  for (let p = 1; p < span; p++) {
    w += 8 * sizeof<T>();
    x += inner;
    y += 5 * inner;
    butterflies5<T>(x, y, reach, inner, w, true);
  }
}
function pass7<T>(x: usize, y: usize, span: i32, inner: usize, w: usize): void {
  const reach = <usize>span * inner;
  butterflies7<T>(x, y, reach, inner, w, false);
  for (let p = 1; p < span; p++) {
    w += 12 * sizeof<T>();
    x += inner;
    y += 7 * inner;
    butterflies7<T>(x, y, reach, inner, w, true);
  }
}
function pass8<T>(x: usize, y: usize, span: i32, inner: usize, w: usize): void {
  const reach = <usize>span * inner;
  const count = inner / PAIR;
  butterflies8<T>(x, 0, false, y, 0, false, reach, inner, count, w, false);
  for (let p = 1; p < span; p++) {
    w += 14 * sizeof<T>();
    x += inner;
    y += 8 * inner;
    butterflies8<T>(x, 0, false, y, 0, false, reach, inner, count, w, true);
  }
}

/** One pass from the block at x to the block at y. */
@inline export function pass<T>(radix: i32, x: usize, y: usize, span: i32, inner: usize, w: usize): void {
  if (radix == 8) pass8<T>(x, y, span, inner, w);
  else if (radix == 4) pass4<T>(x, y, span, inner, w);
  else if (radix == 2) pass2<T>(x, y, span, inner, w);
  else if (radix == 3) pass3<T>(x, y, span, inner, w);
  else if (radix == 5) pass5<T>(x, y, span, inner, w);
  else pass7<T>(x, y, span, inner, w);
}

/** First pass of radix 4 from the rows of a matrix to a block. */
function read4<T>(x: usize, gap: usize, stride: usize, y: usize, span: i32, vectors: usize, w: usize): void {
  const reach = <usize>span * stride, inner = vectors * PAIR;
  butterflies4<T>(x, gap, true, y, 0, false, reach, inner, vectors, w, false);
  for (let p = 1; p < span; p++) {
    w += 6 * sizeof<T>();
    x += stride;
    y += 4 * inner;
    butterflies4<T>(x, gap, true, y, 0, false, reach, inner, vectors, w, true);
  }
}

/** Last pass of radix 4 from a block to the rows of a matrix: no twiddles. */
function write4<T>(x: usize, y: usize, gap: usize, stride: usize, done: i32, vectors: usize): void {
  const inner = vectors * PAIR;
  const reach = <usize>done * inner, leap = <usize>done * stride;
  for (let q = 0; q < done; q++, x += inner, y += stride) {
    butterflies4<T>(x, 0, false, y, gap, true, reach, leap, vectors, 0, false);
  }
}

/** First pass of radix 8 from the rows of a matrix to a block. */
function read8<T>(x: usize, gap: usize, stride: usize, y: usize, span: i32, vectors: usize, w: usize): void {
  const reach = <usize>span * stride, inner = vectors * PAIR;
  butterflies8<T>(x, gap, true, y, 0, false, reach, inner, vectors, w, false);
  for (let p = 1; p < span; p++) {
    w += 14 * sizeof<T>();
    x += stride;
    y += 8 * inner;
    butterflies8<T>(x, gap, true, y, 0, false, reach, inner, vectors, w, true);
  }
}

/** Last pass of radix 8 from a block to the rows of a matrix: no twiddles. */
function write8<T>(x: usize, y: usize, gap: usize, stride: usize, done: i32, vectors: usize): void {
  const inner = vectors * PAIR;
  const reach = <usize>done * inner, leap = <usize>done * stride;
  for (let q = 0; q < done; q++, x += inner, y += stride) {
    butterflies8<T>(x, 0, false, y, gap, true, reach, leap, vectors, 0, false);
  }
}

/** Whether a first or last pass of this radix can read from, or write to, memory outside the block. */
@inline export function reachesOut(radix: i32): bool {
  return radix == 4 || radix == 8;
}

/** First pass from a matrix (re at x, im `gap` further) to the block at y. */
@inline export function readPass<T>(radix: i32, x: usize, gap: usize, stride: usize, y: usize, span: i32, vectors: usize, w: usize): void {
  if (radix == 8) read8<T>(x, gap, stride, y, span, vectors, w);
  else read4<T>(x, gap, stride, y, span, vectors, w);
}

/** Last pass from the block at x to a matrix (re at y, im `gap` further). */
@inline export function writePass<T>(radix: i32, x: usize, y: usize, gap: usize, stride: usize, done: i32, vectors: usize): void {
  if (radix == 8) write8<T>(x, y, gap, stride, done, vectors);
  else write4<T>(x, y, gap, stride, done, vectors);
}
