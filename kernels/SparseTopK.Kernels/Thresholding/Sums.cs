namespace SparseTopK.Kernels.Thresholding;

/// <summary>A sum in float64.</summary>
internal interface ISum<TSelf>
    where TSelf : struct, ISum<TSelf>
{
    double Value { get; }

    TSelf Plus(double term);
}

/// <summary>A sum of a few terms.</summary>
internal readonly record struct PlainSum(double Value) : ISum<PlainSum>
{
    public PlainSum Plus(double term) => new(Value + term);
}

/// <summary>A sum of any number of terms: what rounding takes from it is kept beside it (Knuth's two-sum).</summary>
internal readonly record struct CompensatedSum(double Sum, double Lost) : ISum<CompensatedSum>
{
    public double Value => Sum + Lost;

    public CompensatedSum Plus(double term)
    {
        var sum = Sum + term;
        var added = sum - Sum;
        return new(sum, Lost + (Sum - (sum - added) + (term - added)));
    }
}
