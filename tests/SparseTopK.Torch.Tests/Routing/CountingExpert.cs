using static TorchSharp.torch;

namespace SparseTopK.Torch.Tests;

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
