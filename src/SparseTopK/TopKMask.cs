using System.Numerics;
using System.Runtime.CompilerServices;
using SparseTopK.Differentiation;
using SparseTopK.Internals;
using SparseTopK.Thresholding;

namespace SparseTopK;

/// <summary>The soft top-k mask: k ones spread over the largest entries of each row, exactly 0 on the rest, and differentiable.</summary>
/// <remarks>
/// <para><c>y = argmax over {0 &lt;= y_i &lt;= 1, sum y = k} of &lt;x, y&gt; - (lambda/p) ||y||_p^p</c>, that is</para>
/// <para><c>y_i = min(1, (max(x_i - tau, 0)/lambda)^a)</c>, a = 1/(p-1), where tau is the largest root of sum y_i = k.</para>
/// <para>Shapes: x, y and gradients hold rows of n entries, row-major; k is one number or one per row. Every row is independent.</para>
/// <para>Where the k-th and the next entry are lambda or more apart, y is the hard mask exactly. Tied entries share equally.
/// An entry -infinity gets 0; where fewer than k entries are finite, those get 1. A row with a NaN or +infinity is all NaN.
/// k = 0 gives zeros.</para>
/// <para>Threshold and sums are in float64 whatever T is; float and double are native, 16-bit floats are widened to float.
/// Results do not depend on the number of threads. Nothing is allocated in steady state. Range: |x|, lambda and 1/lambda up to 1e140.</para>
/// <para>Cost: O(n) per row with <see cref="TopKSolver.Threshold"/>; with <see cref="TopKSolver.Pav"/> O(n log n).</para>
/// <para>Source: Sander et al., <i>Fast, Differentiable and Sparse Top-k: a Convex Analysis Perspective</i>, ICML 2023,
/// arXiv:2302.01425, section 4.</para>
/// </remarks>
public static partial class TopKMask
{
    /// <summary>Computes the mask of each row.</summary>
    /// <typeparam name="T">float, double, <see cref="Half"/> or another 16-bit floating-point type.</typeparam>
    /// <param name="x">The scores: rows of n entries.</param>
    /// <param name="n">The entries of a row.</param>
    /// <param name="k">How many to choose, from 0 to n.</param>
    /// <param name="norm">The regularizer.</param>
    /// <param name="destination">The mask, as long as x. It may be x itself.</param>
    /// <param name="solver">How the threshold is found.</param>
    /// <exception cref="DykstraConvergenceException">The solver is <see cref="TopKSolver.Dykstra"/> and a row has not converged under
    /// <see cref="DykstraOptions.Default"/>. Nothing has been written.</exception>
    /// <exception cref="ArgumentException">A length does not match, an argument is out of its range, destination overlaps k,
    /// or x with a shift, or thresholds overlap another argument. The exception names the argument; nothing has been written.</exception>
    /// <exception cref="NotSupportedException">T is not a floating-point type that is supported.</exception>
    public static void Forward<T>(
        ReadOnlySpan<T> x, int n, int k, PNorm norm, Span<T> destination, TopKSolver solver = TopKSolver.Threshold)
        where T : unmanaged, INumberBase<T>
    {
        var rows = Guard.Rows(x.Length, n, nameof(x));
        Guard.K(k, n);
        Guard.Length(destination.Length, x.Length, nameof(destination));
        ForwardPass.Run<T, MaskOperator>(x, rows, n, [k], norm, destination, [], solver);
    }

    /// <summary>Computes the mask of each row, k per row, and the threshold tau of each row.</summary>
    /// <param name="x">The scores: rows of n entries.</param>
    /// <param name="n">The entries of a row.</param>
    /// <param name="k">How many to choose of each row, from 0 to n.</param>
    /// <param name="norm">The regularizer.</param>
    /// <param name="destination">The mask, as long as x. It may be x itself.</param>
    /// <param name="thresholds">tau of each row, or empty. +infinity where k = 0, -infinity where fewer than k entries are finite,
    /// NaN for a NaN row.</param>
    /// <param name="solver">How the threshold is found.</param>
    /// <inheritdoc cref="Forward{T}(ReadOnlySpan{T}, int, int, PNorm, Span{T}, TopKSolver)"/>
    public static void Forward<T>(
        ReadOnlySpan<T> x, int n, ReadOnlySpan<int> k, PNorm norm, Span<T> destination, Span<double> thresholds = default,
        TopKSolver solver = TopKSolver.Threshold)
        where T : unmanaged, INumberBase<T>
    {
        var rows = Guard.Rows(x.Length, n, nameof(x));
        Guard.K(k, rows, n);
        Guard.Length(destination.Length, x.Length, nameof(destination));
        Guard.Length(thresholds.Length, thresholds.IsEmpty ? 0 : rows, nameof(thresholds));
        ForwardPass.Run<T, MaskOperator>(x, rows, n, k, norm, destination, thresholds, solver);
    }

    /// <summary>Computes the mask and the threshold tau of each row.</summary>
    /// <inheritdoc cref="Forward{T}(ReadOnlySpan{T}, int, ReadOnlySpan{int}, PNorm, Span{T}, Span{double}, TopKSolver)"/>
    public static void Forward<T>(
        ReadOnlySpan<T> x, int n, int k, PNorm norm, Span<T> destination, Span<double> thresholds,
        TopKSolver solver = TopKSolver.Threshold)
        where T : unmanaged, INumberBase<T>
    {
        var rows = Guard.Rows(x.Length, n, nameof(x));
        Guard.K(k, n);
        Guard.Length(destination.Length, x.Length, nameof(destination));
        Guard.Length(thresholds.Length, rows, nameof(thresholds));
        ForwardPass.Run<T, MaskOperator>(x, rows, n, [k], norm, destination, thresholds, solver);
    }

    /// <summary>The vector-Jacobian product of each row, from the mask itself.</summary>
    /// <typeparam name="T">float, double, <see cref="Half"/> or another 16-bit floating-point type.</typeparam>
    /// <param name="y">The mask that Forward wrote.</param>
    /// <param name="gradOutput">The gradient g of a loss with respect to y.</param>
    /// <param name="n">The entries of a row.</param>
    /// <param name="norm">The regularizer of the forward pass.</param>
    /// <param name="destination">The gradient with respect to x. It may be y or gradOutput itself.</param>
    /// <remarks>
    /// <para>On the free set 0 &lt; y_i &lt; 1, d_i = y_i^(2-p)/(lambda (p-1)), elsewhere 0:
    /// <c>destination_i = d_i (g_i - sum_j d_j g_j / sum_j d_j)</c>, and 0 in a row without a free entry.</para>
    /// <para>At a kink (p = 2, y_i exactly 0 or 1) it is the one-sided derivative of the constant side: 0. Where p &gt; 2 the
    /// derivative is unbounded as y_i -&gt; 0+; the result is finite all the same, clamped to T's range. A row with a NaN in y is all NaN;
    /// g counts on the free set alone.</para>
    /// <para>Cost: O(n), two passes.</para>
    /// </remarks>
    /// <exception cref="ArgumentException">A length does not match, an argument is out of its range, or destination overlaps an
    /// input with a shift. The exception names the argument; nothing has been written.</exception>
    /// <exception cref="NotSupportedException">T is not a floating-point type that is supported.</exception>
    public static void Vjp<T>(ReadOnlySpan<T> y, ReadOnlySpan<T> gradOutput, int n, PNorm norm, Span<T> destination)
        where T : unmanaged, INumberBase<T>
    {
        var rows = Guard.Rows(y.Length, n, nameof(y));
        Guard.Norm(norm);
        Guard.Length(gradOutput.Length, y.Length, nameof(gradOutput));
        Guard.Length(destination.Length, y.Length, nameof(destination));
        switch (norm.ResponseExponent)
        {
            case 1:
                LinearMapPass.Run(y, gradOutput, rows, n, [], [], new MaskJacobian<FirstPower>(norm, default), destination);
                break;
            case 2:
                LinearMapPass.Run(y, gradOutput, rows, n, [], [], new MaskJacobian<SecondPower>(norm, default), destination);
                break;
            case 3:
                LinearMapPass.Run(y, gradOutput, rows, n, [], [], new MaskJacobian<ThirdPower>(norm, default), destination);
                break;
            case var a:
                LinearMapPass.Run(y, gradOutput, rows, n, [], [], new MaskJacobian<RealPower>(norm, new(a)), destination);
                break;
        }
    }

    /// <summary>The Jacobian-vector product of each row. The Jacobian is symmetric: it is <see cref="Vjp{T}(ReadOnlySpan{T}, ReadOnlySpan{T}, int, PNorm, Span{T})"/> of the tangent.</summary>
    /// <param name="y">The mask that Forward wrote.</param>
    /// <param name="tangent">The direction in x.</param>
    /// <param name="n">The entries of a row.</param>
    /// <param name="norm">The regularizer of the forward pass.</param>
    /// <param name="destination">The derivative of y in that direction. It may be y or tangent itself.</param>
    /// <inheritdoc cref="Vjp{T}(ReadOnlySpan{T}, ReadOnlySpan{T}, int, PNorm, Span{T})"/>
    public static void Jvp<T>(ReadOnlySpan<T> y, ReadOnlySpan<T> tangent, int n, PNorm norm, Span<T> destination)
        where T : unmanaged, INumberBase<T>
    {
        Guard.Rows(y.Length, n, nameof(y));
        Guard.Length(tangent.Length, y.Length, nameof(tangent));
        Vjp(y, tangent, n, norm, destination);
    }
}

/// <summary>y = min(1, (max(x - tau, 0)/lambda)^a).</summary>
internal readonly struct MaskOperator : ITopKOperator
{
    public static bool Magnitude => false;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<T> Key<T>(Vector<T> x) => x;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<T> Whole<T>(Vector<T> x) => Vector<T>.One;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<T> Value<T>(Vector<T> x, Vector<T> t, Vector<T> v, Vector<T> share, Vector<T> theta) => share;

    public static double Key(double x) => x;

    public static double Whole(double x) => 1;

    public static double Value(double x, double t, double v, double share, double theta) => share;
}

/// <summary>d_i = y_i^(2-p)/(lambda (p-1)) on the free set 0 &lt; y_i &lt; 1: the product is d_i (g_i - mean of g weighted by d).</summary>
internal readonly struct MaskJacobian<TPower>(PNorm norm, TPower power) : IJacobian<MaskJacobian<TPower>>
    where TPower : struct, IPower
{
    private readonly double _scale = Math.Min(1 / (norm.Lambda * (norm.P - 1)), double.MaxValue);

    public bool IsInvalid => false;

    public bool IsCoarse => false;

    public (double Low, double Cut, bool Absolute) ActiveKeys => (0, 1, false);

    public Bounds Bounds => default;

    public Bounds BoundsOf(Vector<double> thresholds) => default;

    public MaskJacobian<TPower> At(in Root root) => this;

    public Vector<long> AreCoarse(in Bounds bounds) => Vector<long>.Zero;

    public MaskJacobian<TPower> ForRow(double threshold, int k) => this;

    public MaskJacobian<TPower> Solved<T>(ReadOnlySpan<T> point)
        where T : unmanaged, INumberBase<T> => this;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector<T> Active<T>(Vector<T> point, Vector<T> low)
        where T : unmanaged, INumberBase<T> =>
        ~(Vector.LessThanOrEqual(point, low) | Vector.GreaterThanOrEqual(point, Vector<T>.One));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector<double> Weigh(Vector<double> point, in Bounds bounds)
    {
        var free = Active(point, Vector<double>.Zero);
        return IsCostly && !Vector.AnyWhereAllBitsSet(free.As<double, long>())
            ? Vector<double>.Zero
            : (power.SlopeAt(point) + (point - point)) & free;
    }

    /// <summary>Whether a weight costs more than to ask whether one is wanted.</summary>
    private static bool IsCostly => typeof(TPower) == typeof(ThirdPower) || typeof(TPower) == typeof(RealPower);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add(Vector<double> point, Vector<double> weight, Vector<double> direction, in Bounds bounds, ref Sums sums)
    {
        sums.Weights += weight;
        sums.Products += weight * (direction & Active(point, Vector<double>.Zero));
    }

    public double Couple(Totals totals) => totals.Weights > 0 ? totals.Products / totals.Weights : 0.0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector<double> Couple(in Sums sums, Vector<double> k) =>
        (sums.Products / sums.Weights) & Vector.GreaterThan(sums.Weights, Vector<double>.Zero).As<long, double>();

    public Totals Terms(double point, double direction)
    {
        var w = IsFree(point) ? power.SlopeAt(point) + (point - point) : 0.0;
        return new(w, IsFree(point) ? w * direction : 0.0, 0);
    }

    public double Apply(double point, double direction, double coupling) =>
        IsFree(point) ? power.SlopeAt(point) * (direction - coupling) * _scale : 0.0;

    private static bool IsFree(double point) => double.IsNaN(point) || (point > 0 && point < 1);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector<double> Apply(Vector<double> point, Vector<double> weight, Vector<double> direction, in Bounds bounds, Vector<double> coupling) =>
        (weight * (direction - coupling) * Vector.Create(_scale)) & Active(point, Vector<double>.Zero);
}
