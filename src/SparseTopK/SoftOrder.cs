namespace SparseTopK;

/// <summary>Which way soft ranks and soft sorts run.</summary>
public enum SortDirection
{
    /// <summary>Sorted values increase; the largest entry of n has rank n.</summary>
    Ascending,

    /// <summary>Sorted values decrease; the largest entry has rank 1.</summary>
    Descending,
}

/// <summary>The regularizer of soft ranks and soft sorts.</summary>
public enum SoftRegularization
{
    /// <summary>Psi(y) = ||y||^2/2: the Euclidean projection on the permutahedron. Piecewise linear.</summary>
    Quadratic,

    /// <summary>Psi(y) = &lt;y, log y - 1&gt;: the Kullback-Leibler projection, in logarithms. Smooth as long as the blocks stay.</summary>
    Entropic,
}

/// <summary>How <see cref="SoftRank"/> and <see cref="SoftSort"/> order: their strength, direction and regularizer.</summary>
/// <param name="Lambda">The strength lambda &gt; 0 (epsilon in the paper). As it falls the operator becomes the hard one; as it grows
/// every entry moves to the mean. Soft ranks: in the units of the input, entries whose gaps are lambda or more are ranked hard.
/// Soft sorts: 1 over it has the units of the input, values whose gaps are at most 1/lambda are sorted hard.</param>
/// <param name="Direction">Ascending or descending.</param>
/// <param name="Regularization">Quadratic or entropic.</param>
/// <remarks><c>default(SoftOrder)</c> has no strength: the operators refuse it.
/// <para>Source: Blondel, Teboul, Berthet and Djolonga, <i>Fast Differentiable Sorting and Ranking</i>, ICML 2020, arXiv:2002.08871.</para></remarks>
/// <exception cref="ArgumentOutOfRangeException">Lambda is not a finite number above 0, or another value is none of its enumeration.</exception>
public readonly record struct SoftOrder(
    double Lambda, SortDirection Direction = SortDirection.Ascending, SoftRegularization Regularization = SoftRegularization.Quadratic)
{
    /// <summary>The strength lambda.</summary>
    public double Lambda { get; init => field = CheckStrength(value, nameof(Lambda)); } = CheckStrength(Lambda, nameof(Lambda));

    /// <summary>Ascending or descending.</summary>
    public SortDirection Direction { get; init => field = Check(value, nameof(Direction)); } = Check(Direction, nameof(Direction));

    /// <summary>Quadratic or entropic.</summary>
    public SoftRegularization Regularization { get; init => field = Check(value, nameof(Regularization)); } =
        Check(Regularization, nameof(Regularization));

    private static double CheckStrength(double lambda, string name) => lambda > 0 && double.IsFinite(lambda)
        ? lambda
        : throw new ArgumentOutOfRangeException(name, lambda, "The strength lambda must be a finite number above 0.");

    private static TEnum Check<TEnum>(TEnum value, string name)
        where TEnum : struct, Enum => Enum.IsDefined(value)
        ? value
        : throw new ArgumentOutOfRangeException(name, value, $"There is no such {typeof(TEnum).Name}.");
}
