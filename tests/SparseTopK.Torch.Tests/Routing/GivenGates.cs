using static TorchSharp.torch;

namespace SparseTopK.Torch.Tests;

/// <summary>A router of its own: gates that are given.</summary>
internal sealed class GivenGates(Tensor gates, Tensor? scores = null) : nn.Module<Tensor, Tensor?, Routing>(nameof(GivenGates))
{
    public override Routing forward(Tensor input, Tensor? padding) =>
        new(padding is null ? gates : gates * padding.logical_not().unsqueeze(1), scores, padding);
}
