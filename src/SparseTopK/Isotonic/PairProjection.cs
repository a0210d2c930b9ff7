namespace SparseTopK.Isotonic;

/// <summary>Dykstra's projection of one pair of neighbours on left &gt;= right; see <see cref="HalfSweeps"/>.</summary>
/// <param name="Excess">right - left before it.</param>
/// <param name="Force">The force of the pair after it.</param>
/// <param name="Up">What is added to the left entry.</param>
/// <param name="Down">What is taken from the right one.</param>
internal readonly record struct PairProjection(double Excess, double Force, double Up, double Down)
{
    /// <summary>The larger step of the two entries.</summary>
    public double Step => Math.Max(Math.Abs(Up), Math.Abs(Down));

    /// <param name="left">The left entry.</param>
    /// <param name="right">The right one.</param>
    /// <param name="leftInverse">1/w of the left entry.</param>
    /// <param name="rightInverse">1/w of the right one.</param>
    /// <param name="force">The force of the pair's last projection, 0 at first.</param>
    public static PairProjection Of(double left, double right, double leftInverse, double rightInverse, double force)
    {
        var excess = right - left;
        var next = Math.Max(0.0, force + (excess / (leftInverse + rightInverse)));
        return new(excess, next, (next - force) * leftInverse, (next - force) * rightInverse);
    }
}
