using SparseTopK.Experiments.Data;
using static TorchSharp.torch;

namespace SparseTopK.Experiments.Networks;

/// <summary>The networks that are pruned.</summary>
internal enum NetworkKind
{
    Mlp,
    Cnn,
}

/// <summary>Small networks from images (n, 1, side, side) to scores (n, 10).</summary>
internal static class SmallNetworks
{
    public static nn.Module<Tensor, Tensor> Create(NetworkKind kind, long side) => kind == NetworkKind.Mlp ? Mlp(side) : Cnn(side);

    private static nn.Module<Tensor, Tensor> Mlp(long side) => nn.Sequential(
        ("flatten", nn.Flatten()),
        ("hidden", nn.Linear(side * side, 64)),
        ("relu", nn.ReLU()),
        ("out", nn.Linear(64, Images.Classes)));

    private static nn.Module<Tensor, Tensor> Cnn(long side) => nn.Sequential(
        ("conv1", nn.Conv2d(1, 8, 3, padding: 1)),
        ("relu1", nn.ReLU()),
        ("pool1", nn.MaxPool2d(2)),
        ("conv2", nn.Conv2d(8, 16, 3, padding: 1)),
        ("relu2", nn.ReLU()),
        ("pool2", nn.MaxPool2d(2)),
        ("flatten", nn.Flatten()),
        ("hidden", nn.Linear(16 * (side / 4) * (side / 4), 32)),
        ("relu3", nn.ReLU()),
        ("out", nn.Linear(32, Images.Classes)));
}
