using SparseTopK.Experiments.Data;
using SparseTopK.Experiments.Running;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace SparseTopK.Experiments.Networks;

/// <summary>A small vision transformer: 16 patches, learned places, blocks of attention and a feed-forward layer, the mean of the tokens.</summary>
internal sealed class VisionTransformer : nn.Module<Tensor, Tensor>
{
    public const long Width = 32;
    public const int Blocks = 2;
    private const long Grid = 4;

    private readonly Linear _embed;
    private readonly Parameter _places;
    private readonly ModuleList<TransformerBlock> _blocks;
    private readonly LayerNorm _norm;
    private readonly Linear _head;

    /// <param name="side">Of an image; a multiple of 4.</param>
    /// <param name="feedForward">Makes the feed-forward layer of a block, from (n, tokens, width) to the same.</param>
    public VisionTransformer(long side, Func<nn.Module<Tensor, Tensor>> feedForward)
        : base(nameof(VisionTransformer))
    {
        var patch = side / Grid;
        _embed = nn.Linear(patch * patch, Width);
        _places = nn.Parameter(randn(Grid * Grid, Width).Times(0.02));
        _blocks = new([.. Enumerable.Range(0, Blocks).Select(_ => new TransformerBlock(Width, feedForward()))]);
        _norm = nn.LayerNorm(Width);
        _head = nn.Linear(Width, Images.Classes);
        RegisterComponents();
    }

    /// <summary>A feed-forward layer: two linear ones.</summary>
    public static nn.Module<Tensor, Tensor> FeedForward(long hidden = 2 * Width) => nn.Sequential(
        ("up", nn.Linear(Width, hidden)), ("gelu", nn.GELU()), ("down", nn.Linear(hidden, Width)));

    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var (count, patch) = (input.shape[0], input.shape[^1] / Grid);
        var patches = input.reshape(count, Grid, patch, Grid, patch).permute(0, 1, 3, 2, 4).reshape(count, Grid * Grid, patch * patch);
        var tokens = _embed.call(patches).Plus(_places);
        foreach (var block in _blocks)
        {
            tokens = block.call(tokens);
        }

        return _head.call(_norm.call(tokens).mean([1])).MoveToOuterDisposeScope();
    }
}
