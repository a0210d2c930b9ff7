using static TorchSharp.torch;

namespace SparseTopK.Torch.Functions;

/// <summary>One way to compute every operator on contiguous rows of float32 or float64 along the last dimension.</summary>
/// <remarks>Nothing here builds a graph. k is null where all rows have the k of the arguments, else it is what
/// <see cref="RowCounts"/> gave. Certificates are the path's own; only the path that wrote them reads them.</remarks>
internal interface IComputePath
{
    /// <summary>k per row (int64, x's shape without the last dimension) in the form that this path reads.</summary>
    Tensor RowCounts(Tensor k, Tensor x);

    Tensor Mask(Tensor x, Tensor? k, TopKArguments arguments);

    Tensor MaskVjp(Tensor y, Tensor g, TopKArguments arguments);

    /// <returns>z, and gamma of each row in float64: x's shape without the last dimension.</returns>
    (Tensor Z, Tensor Gamma) Magnitude(Tensor x, Tensor? k, TopKArguments arguments);

    Tensor MagnitudeVjp(Tensor x, Tensor gamma, Tensor? k, Tensor g, TopKArguments arguments);

    /// <returns>The output, the order of each row and its blocks.</returns>
    (Tensor Y, Tensor Permutation, Tensor Blocks) Order(Tensor x, OrderArguments arguments);

    Tensor OrderVjp(Tensor x, Tensor permutation, Tensor blocks, Tensor g, OrderArguments arguments);

    /// <param name="x">The values.</param>
    /// <param name="weights">n of them or as many as x holds, of x's type; or null.</param>
    /// <param name="arguments">The objective and the order.</param>
    /// <returns>The solution, its blocks, and the values of the blocks in float64 where the path needs them.</returns>
    (Tensor V, Tensor Blocks, Tensor? Values) Regress(Tensor x, Tensor? weights, RegressionArguments arguments);

    Tensor RegressVjp(Tensor x, Tensor v, Tensor? weights, Tensor blocks, Tensor? values, Tensor g, RegressionArguments arguments);
}

/// <summary>What soft ranks and soft sorts take besides x.</summary>
internal sealed record OrderArguments(int N, SoftOrder Order, bool IsRank)
{
    /// <summary>Rows are put in decreasing order of Sign * x.</summary>
    public int Sign => (Order.Direction == SortDirection.Ascending) == IsRank ? 1 : -1;

    public bool IsEntropic => Order.Regularization == SoftRegularization.Entropic;
}

/// <summary>What an isotonic regression takes besides x and the weights.</summary>
internal sealed record RegressionArguments(int N, IsotonicObjective Objective, IsotonicOrder Order);
