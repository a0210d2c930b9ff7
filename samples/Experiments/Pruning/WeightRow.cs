using TorchSharp.Modules;
using static TorchSharp.torch;

namespace SparseTopK.Experiments.Pruning;

/// <summary>The weights of all layers of a network as one row, without the biases.</summary>
internal sealed class WeightRow(nn.Module network)
{
    private readonly Parameter[] _weights = [.. network.parameters().Where(parameter => parameter.dim() > 1)];

    public long Count => _weights.Sum(weight => weight.numel());

    /// <summary>A copy of the weights, in the caller's dispose scope.</summary>
    public Tensor Read() => cat([.. _weights.Select(weight => weight.detach().reshape(-1))]);

    public void Write(Tensor row)
    {
        using var constant = no_grad();
        using var scope = NewDisposeScope();
        foreach (var (weight, part) in _weights.Zip(row.split([.. _weights.Select(weight => weight.numel())])))
        {
            weight.copy_(part.reshape(weight.shape));
        }
    }

    /// <summary>Sets all but the largest in magnitude to 0.</summary>
    public void Keep(long kept)
    {
        using var scope = NewDisposeScope();
        Write(Largest(Read(), kept));
    }

    public long Nonzero()
    {
        using var row = Read();
        return row.count_nonzero().item<long>();
    }

    /// <summary>The row with all but the entries largest in magnitude set to 0.</summary>
    public static Tensor Largest(Tensor row, long kept)
    {
        var places = row.abs().topk((int)kept, sorted: false).indexes;
        return zeros_like(row).index_copy_(0, places, row.index_select(0, places));
    }
}
