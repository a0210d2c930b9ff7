using SparseTopK.Experiments.Running;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace SparseTopK.Experiments.Networks;

/// <summary>x + attention(norm(x)), then x + feed-forward(norm(x)).</summary>
internal sealed class TransformerBlock : nn.Module<Tensor, Tensor>
{
    private const long Heads = 4;

    private readonly LayerNorm _norm1;
    private readonly Linear _queriesKeysValues;
    private readonly Linear _joined;
    private readonly LayerNorm _norm2;
    private readonly nn.Module<Tensor, Tensor> _feedForward;

    public TransformerBlock(long width, nn.Module<Tensor, Tensor> feedForward)
        : base(nameof(TransformerBlock))
    {
        _norm1 = nn.LayerNorm(width);
        _queriesKeysValues = nn.Linear(width, 3 * width);
        _joined = nn.Linear(width, width);
        _norm2 = nn.LayerNorm(width);
        _feedForward = feedForward;
        RegisterComponents();
    }

    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var middle = input.Plus(Attention(_norm1.call(input)));
        return middle.Plus(_feedForward.call(_norm2.call(middle))).MoveToOuterDisposeScope();
    }

    private Tensor Attention(Tensor x)
    {
        var (count, tokens, width) = (x.shape[0], x.shape[1], x.shape[2]);
        var parts = _queriesKeysValues.call(x).reshape(count, tokens, 3, Heads, width / Heads).permute(2, 0, 3, 1, 4).unbind(0);
        var mixed = nn.functional.scaled_dot_product_attention(parts[0], parts[1], parts[2]);
        return _joined.call(mixed.transpose(1, 2).reshape(count, tokens, width));
    }
}
