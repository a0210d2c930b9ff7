
namespace SparseTopK;

/// <summary>What an isotonic regression minimises over monotone v, given x and weights w.</summary>
/// <remarks>
/// <para><see cref="LeastSquares"/>: <c>1/2 sum w_i (x_i - v_i)^2</c>, w_i &gt; 0. It is the default.</para>
/// <para><see cref="LinearTerm"/>: <c>sum |x_i - v_i|^q/(q lambda^(q-1)) + sum w_i v_i</c>, any w_i. With x sorted and w
/// decreasing it is the dual of the projection on the permutahedron of w; with w = (1_k, 0) the dual of the top-k mask.</para>
/// <para><see cref="QuadraticTerm"/>: <c>sum |x_i - v_i|^q/(q lambda^(q-1)) + sum w_i v_i^2/2</c>, w_i &gt;= 0. With |x| sorted and
/// w = (1_k, 0) it is the dual of top-k in magnitude.</para>
/// <para>q = p/(p-1) is the dual exponent of the regularizer: 2 for p = 2 and 4 for p = 4/3.</para>
/// <para>Source: Sander et al., ICML 2023, arXiv:2302.01425, section 4.</para>
/// </remarks>
public readonly record struct IsotonicObjective
{
    private IsotonicObjective(IsotonicTerm term, PNorm norm) => (Term, Norm) = (term, norm);

    /// <summary>1/2 sum w_i (x_i - v_i)^2: isotonic regression as most know it.</summary>
    public static IsotonicObjective LeastSquares => default;

    /// <summary>The term: none for <see cref="LeastSquares"/>.</summary>
    public IsotonicTerm Term { get; }

    /// <summary>The regularizer; default for <see cref="LeastSquares"/>.</summary>
    public PNorm Norm { get; }

    /// <summary>sum |x_i - v_i|^q/(q lambda^(q-1)) + sum w_i v_i.</summary>
    /// <param name="norm">The regularizer, whose dual exponent is q.</param>
    /// <exception cref="ArgumentException">norm is default(PNorm).</exception>
    public static IsotonicObjective LinearTerm(PNorm norm) => Of(IsotonicTerm.Linear, norm);

    /// <summary>sum |x_i - v_i|^q/(q lambda^(q-1)) + sum w_i v_i^2/2.</summary>
    /// <param name="norm">The regularizer, whose dual exponent is q.</param>
    /// <exception cref="ArgumentException">norm is default(PNorm).</exception>
    public static IsotonicObjective QuadraticTerm(PNorm norm) => Of(IsotonicTerm.Quadratic, norm);

    /// <summary>The name of the objective and its regularizer.</summary>
    public override string ToString() => Term == IsotonicTerm.None ? nameof(LeastSquares) : $"{Term}Term({Norm})";

    private static IsotonicObjective Of(IsotonicTerm term, PNorm norm)
    {
        Internals.Guard.Norm(norm);
        return new(term, norm);
    }
}
