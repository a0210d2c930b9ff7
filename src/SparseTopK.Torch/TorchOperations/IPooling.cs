using SparseTopK.Torch.Functions;
using static TorchSharp.torch;

namespace SparseTopK.Torch.TorchOperations;

/// <summary>Blocks whose value is an average of their entries: the one of a union follows from two sums.</summary>
internal interface IPooling
{
    /// <summary>What an entry of no weight adds.</summary>
    double Nothing { get; }

    /// <summary>What entries of a value and a weight add to the first sum.</summary>
    Tensor Part(Tensor values, Tensor weights);

    /// <summary>Sums from the first entry to each.</summary>
    Tensor Accumulate(Tensor parts);

    Tensor Add(Tensor left, Tensor right);

    /// <summary>The value of a block from [2, ...]: its first sum and the sum of its weights.</summary>
    Tensor Value(Tensor sums);
}

/// <summary>The mean, with weights.</summary>
internal sealed class MeanPooling : IPooling
{
    public double Nothing => 0;

    public Tensor Part(Tensor values, Tensor weights) => (values * weights).Fill(weights.IsAt(0), 0);

    public Tensor Accumulate(Tensor parts) => parts.cumsum(-1);

    public Tensor Add(Tensor left, Tensor right) => left.Plus(right);

    public Tensor Value(Tensor sums) => sums[0] / sums[1];
}

/// <summary>The mean of exponentials, in logarithms; so are its weights.</summary>
internal sealed class LogMeanPooling : IPooling
{
    public double Nothing => double.NegativeInfinity;

    public Tensor Part(Tensor values, Tensor weights) => values.Plus(weights).Fill(weights.isneginf(), double.NegativeInfinity);

    public Tensor Accumulate(Tensor parts) => parts.logcumsumexp(-1);

    public Tensor Add(Tensor left, Tensor right) => left.logaddexp(right);

    public Tensor Value(Tensor sums) => sums[0] - sums[1];
}
