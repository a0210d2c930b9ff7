namespace SparseTopK.Isotonic;

/// <summary>q = 2: a block's value is a weighted mean, and joined blocks average theirs.</summary>
/// <param name="End">The entry after the last.</param>
/// <param name="Value">The minimiser.</param>
/// <param name="Weight">m + W Rate, of m entries.</param>
internal readonly record struct QuadraticBlock(int End, double Value, double Weight) : IMoments<QuadraticBlock>
{
    public static QuadraticBlock Of(int end, double score, double single, double weight, double rate) => new(end, single, 1 + (weight * rate));

    /// <summary>sum (u_i - d) = W (Constant + Rate d) gives d = (sum u_i - W Constant)/(m + W Rate): the mean with weights m + W Rate.</summary>
    public static QuadraticBlock Join(in QuadraticBlock left, in QuadraticBlock right, double constant, double rate)
    {
        var weight = left.Weight + right.Weight;
        return new(right.End, left.Value + ((right.Value - left.Value) * (right.Weight / weight)), weight);
    }
}
