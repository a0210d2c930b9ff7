using static TorchSharp.torch;

namespace SparseTopK.Torch.Tests;

internal static class Tokens
{
    /// <summary>Which tokens are padding.</summary>
    public static Tensor Padding(params bool[] padding) => tensor(padding);
}

/// <summary>A linear expert that writes down how many rows it is given.</summary>
internal sealed class CountingExpert : nn.Module<Tensor, Tensor>
{
    private readonly TorchSharp.Modules.Linear _linear;

    public CountingExpert(long features, long results, ScalarType dtype = ScalarType.Float64)
        : base(nameof(CountingExpert))
    {
        _linear = nn.Linear(features, results, dtype: dtype);
        RegisterComponents();
    }

    public List<long> Rows { get; } = [];

    public override Tensor forward(Tensor input)
    {
        Rows.Add(input.shape[0]);
        return _linear.call(input).tanh();
    }
}

/// <summary>A router of its own: gates that are given.</summary>
internal sealed class GivenGates(Tensor gates, Tensor? scores = null) : nn.Module<Tensor, Tensor?, Routing>(nameof(GivenGates))
{
    public override Routing forward(Tensor input, Tensor? padding) =>
        new(padding is null ? gates : gates * padding.logical_not().unsqueeze(1), scores, padding);
}
