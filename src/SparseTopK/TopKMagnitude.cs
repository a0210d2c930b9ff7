using System.Numerics;
using System.Runtime.CompilerServices;
using SparseTopK.Differentiation;
using SparseTopK.Internals;
using SparseTopK.Thresholding;

namespace SparseTopK;

/// <summary>Soft top-k in magnitude: keeps the k entries largest in absolute value, values and all, exactly 0 on the rest, and differentiable.</summary>
/// <remarks>
/// <para>With s_i = |x_i|, t_i = max(s_i - gamma, 0) and c_i = (t_i/lambda)^a, a = 1/(p-1), where gamma &gt; 0 is the largest root of
/// <c>sum min(c_i/gamma, 1) = k</c>:</para>
/// <para><c>z_i = sign(x_i) min(s_i, c_i + t_i)</c>. An entry with c_i &gt;= gamma is saturated: z_i = x_i exactly.</para>
/// <para>It is z = sign(x)(m + lambda m^(1/a)), m = argmax of <c>&lt;|x|, m&gt; - (k-support norm of m)^2/2 - (lambda/p) ||m||_p^p</c>.</para>
/// <para>Shapes: x, z and gradients hold rows of n entries, row-major; k is one number or one per row. Every row is independent.</para>
/// <para>Where the k-th magnitude stands far enough above the next, z is the hard operator exactly; where at most k entries are
/// not 0, z = x. Tied magnitudes share equally. A row with a NaN or an infinity is all NaN. k = 0 gives zeros.</para>
/// <para>Threshold and sums are in float64 whatever T is; float and double are native, 16-bit floats are widened to float.
/// Results do not depend on the number of threads. Nothing is allocated in steady state. Range: |x|, lambda and 1/lambda up to
/// 1e140; with <see cref="TopKSolver.Pav"/>, |x| up to 1e60 lambda.</para>
/// <para>Cost: O(n) per row with <see cref="TopKSolver.Threshold"/>; with <see cref="TopKSolver.Pav"/> O(n log n).</para>
/// <para>Source: Sander et al., <i>Fast, Differentiable and Sparse Top-k: a Convex Analysis Perspective</i>, ICML 2023,
/// arXiv:2302.01425, section 4.</para>
/// </remarks>
public static partial class TopKMagnitude
{
    /// <summary>Computes the operator on each row, and the threshold gamma of each row.</summary>
    /// <typeparam name="T">float, double, <see cref="Half"/> or another 16-bit floating-point type.</typeparam>
    /// <param name="x">The values: rows of n entries.</param>
    /// <param name="n">The entries of a row.</param>
    /// <param name="k">How many to keep, from 0 to n.</param>
    /// <param name="norm">The regularizer.</param>
    /// <param name="destination">z, as long as x. It may be x itself; but <see cref="Vjp{T}(ReadOnlySpan{T}, ReadOnlySpan{double}, ReadOnlySpan{T}, int, int, PNorm, Span{T})"/> needs x.</param>
    /// <param name="thresholds">gamma of each row: the certificate that the VJP and the JVP take. +infinity where k = 0, 0 where fewer
    /// than k entries are not 0, NaN for a NaN row.</param>
    /// <param name="solver">How the threshold is found.</param>
    /// <exception cref="DykstraConvergenceException">The solver is <see cref="TopKSolver.Dykstra"/> and a row has not converged under
    /// <see cref="DykstraOptions.Default"/>. Nothing has been written.</exception>
    /// <exception cref="ArgumentException">A length does not match, an argument is out of its range, destination overlaps k,
    /// or x with a shift, or thresholds overlap another argument. The exception names the argument; nothing has been written.</exception>
    /// <exception cref="NotSupportedException">T is not a floating-point type that is supported.</exception>
    public static void Forward<T>(
        ReadOnlySpan<T> x, int n, int k, PNorm norm, Span<T> destination, Span<double> thresholds, TopKSolver solver = TopKSolver.Threshold)
        where T : unmanaged, INumberBase<T>
    {
        var rows = Guard.Rows(x.Length, n, nameof(x));
        Guard.K(k, n);
        Guard.Length(destination.Length, x.Length, nameof(destination));
        Guard.Length(thresholds.Length, rows, nameof(thresholds));
        ForwardPass.Run<T, MagnitudeOperator>(x, rows, n, [k], norm, destination, thresholds, solver);
    }

    /// <summary>Computes the operator on each row, k per row, and the threshold gamma of each row.</summary>
    /// <param name="x">The values: rows of n entries.</param>
    /// <param name="n">The entries of a row.</param>
    /// <param name="k">How many to keep of each row, from 0 to n.</param>
    /// <param name="norm">The regularizer.</param>
    /// <param name="destination">z, as long as x. It may be x itself.</param>
    /// <param name="thresholds">gamma of each row.</param>
    /// <param name="solver">How the threshold is found.</param>
    /// <inheritdoc cref="Forward{T}(ReadOnlySpan{T}, int, int, PNorm, Span{T}, Span{double}, TopKSolver)"/>
    public static void Forward<T>(
        ReadOnlySpan<T> x, int n, ReadOnlySpan<int> k, PNorm norm, Span<T> destination, Span<double> thresholds,
        TopKSolver solver = TopKSolver.Threshold)
        where T : unmanaged, INumberBase<T>
    {
        var rows = Guard.Rows(x.Length, n, nameof(x));
        Guard.K(k, rows, n);
        Guard.Length(destination.Length, x.Length, nameof(destination));
        Guard.Length(thresholds.Length, rows, nameof(thresholds));
        ForwardPass.Run<T, MagnitudeOperator>(x, rows, n, k, norm, destination, thresholds, solver);
    }

    /// <summary>The vector-Jacobian product of each row.</summary>
    /// <typeparam name="T">float, double, <see cref="Half"/> or another 16-bit floating-point type.</typeparam>
    /// <param name="x">The values that Forward was given.</param>
    /// <param name="thresholds">gamma of each row, from Forward.</param>
    /// <param name="gradOutput">The gradient g of a loss with respect to z.</param>
    /// <param name="n">The entries of a row.</param>
    /// <param name="k">The k of the forward pass.</param>
    /// <param name="norm">The regularizer of the forward pass.</param>
    /// <param name="destination">The gradient with respect to x. It may be x or gradOutput itself.</param>
    /// <remarks>
    /// <para>Saturated: g_i. On the pooled set B = {0 &lt; c_i &lt; gamma}, with A_i = a t_i^(a-1)/lambda^a, kappa = k - (number
    /// saturated), h_i = sign(x_i) g_i, S = sum over B of (A_i + 1) h_i and D = kappa + sum over B of A_i:
    /// <c>destination_i = sign(x_i) ((A_i + 1) h_i - A_i S/D)</c>. Elsewhere 0.</para>
    /// <para>Where exactly k entries are not 0, the zero entries get 0; where fewer are, every entry gets g (a kink: this is what
    /// lets a dead weight come back). Where p &gt; 2 the derivative is unbounded as c_i -&gt; 0+; the result is finite all the same,
    /// clamped to T's range. A row whose threshold is NaN is all NaN.</para>
    /// <para>Cost: O(n), two passes.</para>
    /// </remarks>
    /// <exception cref="ArgumentException">A length does not match, an argument is out of its range, or destination overlaps
    /// thresholds or k, or another input with a shift. The exception names the argument; nothing has been written.</exception>
    /// <exception cref="NotSupportedException">T is not a floating-point type that is supported.</exception>
    public static void Vjp<T>(
        ReadOnlySpan<T> x, ReadOnlySpan<double> thresholds, ReadOnlySpan<T> gradOutput, int n, int k, PNorm norm, Span<T> destination)
        where T : unmanaged, INumberBase<T>
    {
        Guard.K(k, n);
        Map<T, VectorJacobian>(x, thresholds, gradOutput, nameof(gradOutput), n, [k], norm, destination);
    }

    /// <summary>The vector-Jacobian product of each row, k per row.</summary>
    /// <inheritdoc cref="Vjp{T}(ReadOnlySpan{T}, ReadOnlySpan{double}, ReadOnlySpan{T}, int, int, PNorm, Span{T})"/>
    public static void Vjp<T>(
        ReadOnlySpan<T> x, ReadOnlySpan<double> thresholds, ReadOnlySpan<T> gradOutput, int n, ReadOnlySpan<int> k, PNorm norm,
        Span<T> destination)
        where T : unmanaged, INumberBase<T>
    {
        Guard.K(k, Guard.Rows(x.Length, n, nameof(x)), n);
        Map<T, VectorJacobian>(x, thresholds, gradOutput, nameof(gradOutput), n, k, norm, destination);
    }

    /// <summary>The Jacobian-vector product of each row: the transpose of the VJP.</summary>
    /// <param name="x">The values that Forward was given.</param>
    /// <param name="thresholds">gamma of each row, from Forward.</param>
    /// <param name="tangent">The direction dx.</param>
    /// <param name="n">The entries of a row.</param>
    /// <param name="k">The k of the forward pass.</param>
    /// <param name="norm">The regularizer of the forward pass.</param>
    /// <param name="destination">The derivative of z in that direction. It may be x or tangent itself.</param>
    /// <remarks>Saturated: dx_i. On B, with dx' = sign(x) dx: <c>destination_i = sign(x_i) (A_i + 1)(dx'_i - (sum over B of A_j dx'_j)/D)</c>.
    /// Elsewhere 0. The rest is as for the VJP.</remarks>
    /// <inheritdoc cref="Vjp{T}(ReadOnlySpan{T}, ReadOnlySpan{double}, ReadOnlySpan{T}, int, int, PNorm, Span{T})"/>
    public static void Jvp<T>(
        ReadOnlySpan<T> x, ReadOnlySpan<double> thresholds, ReadOnlySpan<T> tangent, int n, int k, PNorm norm, Span<T> destination)
        where T : unmanaged, INumberBase<T>
    {
        Guard.K(k, n);
        Map<T, JacobianVector>(x, thresholds, tangent, nameof(tangent), n, [k], norm, destination);
    }

    /// <summary>The Jacobian-vector product of each row, k per row.</summary>
    /// <inheritdoc cref="Jvp{T}(ReadOnlySpan{T}, ReadOnlySpan{double}, ReadOnlySpan{T}, int, int, PNorm, Span{T})"/>
    public static void Jvp<T>(
        ReadOnlySpan<T> x, ReadOnlySpan<double> thresholds, ReadOnlySpan<T> tangent, int n, ReadOnlySpan<int> k, PNorm norm,
        Span<T> destination)
        where T : unmanaged, INumberBase<T>
    {
        Guard.K(k, Guard.Rows(x.Length, n, nameof(x)), n);
        Map<T, JacobianVector>(x, thresholds, tangent, nameof(tangent), n, k, norm, destination);
    }

    private static void Map<T, TProduct>(
        ReadOnlySpan<T> x, ReadOnlySpan<double> thresholds, ReadOnlySpan<T> direction, string directionName, int n, ReadOnlySpan<int> k,
        PNorm norm, Span<T> destination)
        where T : unmanaged, INumberBase<T>
        where TProduct : struct, IMagnitudeProduct
    {
        var rows = Guard.Rows(x.Length, n, nameof(x));
        Guard.Norm(norm);
        Guard.Length(thresholds.Length, rows, nameof(thresholds));
        Guard.Length(direction.Length, x.Length, directionName);
        Guard.Length(destination.Length, x.Length, nameof(destination));
        switch (norm.ResponseExponent)
        {
            case 1:
                LinearMapPass.Run(x, direction, rows, n, thresholds, k, new MagnitudeJacobian<FirstPower, TProduct>(norm, default), destination);
                break;
            case 2:
                LinearMapPass.Run(x, direction, rows, n, thresholds, k, new MagnitudeJacobian<SecondPower, TProduct>(norm, default), destination);
                break;
            case 3:
                LinearMapPass.Run(x, direction, rows, n, thresholds, k, new MagnitudeJacobian<ThirdPower, TProduct>(norm, default), destination);
                break;
            case var a:
                LinearMapPass.Run(x, direction, rows, n, thresholds, k, new MagnitudeJacobian<RealPower, TProduct>(norm, new(a)), destination);
                break;
        }
    }
}

/// <summary>z = sign(x) min(|x|, c + t) with c = (t/lambda)^a = gamma v^a.</summary>
internal readonly struct MagnitudeOperator : ITopKOperator
{
    public static bool Magnitude => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<T> Key<T>(Vector<T> x) => Vector.Abs(x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<T> Whole<T>(Vector<T> x) => x;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<T> Value<T>(Vector<T> x, Vector<T> t, Vector<T> v, Vector<T> share, Vector<T> theta)
    {
        var z = Vector.MinNative((theta * share) + t, Vector.Abs(x));
        z = Vector.ConditionalSelect(Vector.GreaterThanOrEqual(v, Vector<T>.One), Vector.Abs(x), z);
        return Vector.ConditionalSelect(Vector.GreaterThan(t, Vector<T>.Zero), Vector.CopySign(z, x), Vector<T>.Zero);
    }

    public static double Key(double x) => Math.Abs(x);

    public static double Whole(double x) => x;

    public static double Value(double x, double t, double v, double share, double theta)
    {
        var z = v >= 1 ? Math.Abs(x) : Math.Min((theta * share) + t, Math.Abs(x));
        return t > 0 ? (x < 0 ? -z : z) : 0.0;
    }
}

/// <summary>The Jacobian of one row of the magnitude: the identity on the saturated, diagonal plus rank one on the pool.</summary>
internal readonly struct MagnitudeJacobian<TPower, TProduct>(PNorm norm, TPower power) : IJacobian<MagnitudeJacobian<TPower, TProduct>>
    where TPower : struct, IPower
    where TProduct : struct, IMagnitudeProduct
{
    /// <summary>A D next to 0 is an entry that has only just entered the pool, with all k places taken: a kink.</summary>
    private const double LeastDivisor = 1e-300;

    /// <summary>Where the width is a smaller part of gamma than this, the last digits of gamma decide what an entry of the pool weighs.</summary>
    private const double CoarseWidth = 1.0 / (1L << 32);

    private readonly double _inverse = Math.Min(1 / norm.Lambda, double.MaxValue);
    private readonly double _slope = Math.Min(norm.ResponseExponent / norm.Lambda, RealPower.LargestSlope);

    /// <summary>What keys are counted from.</summary>
    private double Anchor { get; init; }

    private double Gamma { get; init; }

    private double Saturation { get; init; }

    private int K { get; init; }

    public bool IsInvalid => double.IsNaN(Gamma);

    // Of a row of which nothing is kept gamma is infinite, and the difference is no number: not every device then says no.
    public bool IsCoarse => Gamma <= double.MaxValue && Saturation - Gamma < Gamma * CoarseWidth;

    public (double Low, double Cut, bool Absolute) ActiveKeys => (ActiveFrom, double.PositiveInfinity, true);

    /// <summary>Below every active key: gamma, but where nothing lies between gamma and saturation the saturated may be gamma itself.</summary>
    private double ActiveFrom => Gamma == 0 ? -1 : Saturation > Gamma ? Gamma : Math.BitDecrement(Gamma);

    public Bounds Bounds => new(Vector.Create(Gamma), Vector.Create(Saturation));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Bounds BoundsOf(Vector<double> thresholds) => new(thresholds, thresholds + (norm.Lambda * power.Root(thresholds)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector<long> AreCoarse(in Bounds bounds) => Vector.LessThan(bounds.Saturation - bounds.Entry, bounds.Entry * CoarseWidth);

    public MagnitudeJacobian<TPower, TProduct> ForRow(double threshold, int k) =>
        this with { Gamma = threshold, Saturation = threshold + (norm.Lambda * power.Root(threshold)), K = k };

    /// <summary>The root once more, as the forward pass had it before it was rounded: counted from a key of the row.</summary>
    public MagnitudeJacobian<TPower, TProduct> Solved<T>(ReadOnlySpan<T> point)
        where T : unmanaged, INumberBase<T>
    {
        var root = RowSolver.Solve(point, K, new Equation<TPower>(norm, true, power), TopKSolver.Threshold, out var undecided, out _);
        undecided.Dispose();
        return At(root);
    }

    public MagnitudeJacobian<TPower, TProduct> At(in Root root) =>
        this with { Anchor = root.Anchor, Gamma = root.Offset, Saturation = root.Offset + root.Width };

    /// <summary>|x| &gt; gamma, or saturated; where gamma = 0, every entry.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector<T> Active<T>(Vector<T> point, Vector<T> low)
        where T : unmanaged, INumberBase<T> =>
        Vector.GreaterThan(Vector.Abs(point), low);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add(Vector<double> point, Vector<double> weight, Vector<double> direction, in Bounds bounds, ref Sums sums)
    {
        var pooled = Pooled(point, bounds, out var saturated);
        var h = direction * Sign(point);
        sums.Weights += weight & pooled;
        sums.Products += TProduct.Summand(weight, h) & pooled;
        sums.Saturated += Vector<double>.One & saturated;
    }

    public double Couple(Totals totals)
    {
        var d = K - totals.Saturated + totals.Weights;

        return d > LeastDivisor ? totals.Products / d : 0.0;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector<double> Couple(in Sums sums, Vector<double> k)
    {
        var d = k - sums.Saturated + sums.Weights;
        return (sums.Products / d) & Vector.GreaterThan(d, Vector.Create(LeastDivisor)).As<long, double>();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector<double> Apply(Vector<double> point, Vector<double> weight, Vector<double> direction, in Bounds bounds, Vector<double> coupling)
    {
        var pooled = Pooled(point, bounds, out var saturated);
        var sign = Sign(point);
        var product = sign * TProduct.Value(weight, direction * sign, coupling);
        return Vector.ConditionalSelect(saturated, direction, product & pooled);
    }

    public Totals Terms(double point, double direction)
    {
        var saturated = IsSaturated(point);
        var (slope, h) = (Slope(point), direction * Sign(point));
        return saturated || !IsAbove(point) ? new(0, 0, saturated ? 1.0 : 0.0) : new(slope, TProduct.Summand(slope, h), 0);
    }

    public double Apply(double point, double direction, double coupling) => IsSaturated(point) ? direction
        : IsAbove(point) ? Sign(point) * TProduct.Value(Slope(point), direction * Sign(point), coupling)
        : 0.0;

    private bool IsSaturated(double point) => Key(point) >= Saturation;

    private bool IsAbove(double point) => Key(point) > Gamma;

    private double Slope(double point) => _slope * power.Slope(Math.Max(Key(point) - Gamma, 0) * _inverse);

    private double Key(double point) => Math.Abs(point) - Anchor;

    private static double Sign(double point) => point < 0 ? -1.0 : 1.0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<double> Pooled(Vector<double> point, in Bounds bounds, out Vector<double> saturated)
    {
        var s = Vector.Abs(point);
        saturated = Vector.GreaterThanOrEqual(s, bounds.Saturation).As<long, double>();
        return Vector.AndNot(Vector.GreaterThan(s, bounds.Entry).As<long, double>(), saturated);
    }

    /// <summary>A_i = a t_i^(a-1)/lambda^a = (R*)''(t_i).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector<double> Weigh(Vector<double> point, in Bounds bounds)
    {
        var s = Vector.Abs(point);
        var t = Vector.Max(s - bounds.Entry, Vector<double>.Zero);
        if (typeof(TPower) == typeof(RealPower))
        {
            // No saturated entry uses its weight, and a power costs more than to ask.
            t = Vector.AndNot(t, Vector.GreaterThanOrEqual(s, bounds.Saturation).As<long, double>());
        }

        return Vector.Create(_slope) * power.Slope(t * Vector.Create(_inverse));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<double> Sign(Vector<double> point) => Vector.CopySign(Vector<double>.One, point);
}

/// <summary>Which of the two products with the magnitude's Jacobian.</summary>
internal interface IMagnitudeProduct
{
    /// <summary>What the pool sums.</summary>
    static abstract Vector<double> Summand(Vector<double> slope, Vector<double> h);

    /// <summary>The product on the pool, but for the sign.</summary>
    static abstract Vector<double> Value(Vector<double> slope, Vector<double> h, Vector<double> coupling);

    /// <inheritdoc cref="Summand(Vector{double}, Vector{double})"/>
    static abstract double Summand(double slope, double h);

    /// <inheritdoc cref="Value(Vector{double}, Vector{double}, Vector{double})"/>
    static abstract double Value(double slope, double h, double coupling);
}

/// <summary>(A + 1) h - A S/D with S = sum (A + 1) h.</summary>
internal readonly struct VectorJacobian : IMagnitudeProduct
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<double> Summand(Vector<double> slope, Vector<double> h) => (slope * h) + h;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<double> Value(Vector<double> slope, Vector<double> h, Vector<double> coupling) => h + (slope * (h - coupling));

    public static double Summand(double slope, double h) => (slope * h) + h;

    public static double Value(double slope, double h, double coupling) => h + (slope * (h - coupling));
}

/// <summary>(A + 1)(h - S/D) with S = sum A h.</summary>
internal readonly struct JacobianVector : IMagnitudeProduct
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<double> Summand(Vector<double> slope, Vector<double> h) => slope * h;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<double> Value(Vector<double> slope, Vector<double> h, Vector<double> coupling) =>
        (slope + Vector<double>.One) * (h - coupling);

    public static double Summand(double slope, double h) => slope * h;

    public static double Value(double slope, double h, double coupling) => (slope + 1) * (h - coupling);
}
