using SparseTopK.Torch.Modules;
using static TorchSharp.torch;

namespace SparseTopK.Torch.Tests.Modules;

/// <summary>The random parameters of layers. These tests set the seed of the process, so they run by themselves.</summary>
[Collection(nameof(RandomParameterTests))]
[CollectionDefinition(nameof(RandomParameterTests), DisableParallelization = true)]
public class RandomParameterTests
{
    [TorchFact]
    public void Random_parameters_are_those_of_the_plain_layers()
    {
        manual_seed(5);
        using var linear = nn.Linear(7, 3);
        using var conv = nn.Conv2d(2, 6, (3, 2), stride: (2, 1), groups: 2);
        manual_seed(5);
        using var sparseLinear = new SparseLinear(7, 3, 0.9, 0.1);
        using var sparseConv = new SparseConv2d(2, 6, (3, 2), 0.9, 0.1, stride: (2, 1), groups: 2);
        foreach (var (plain, sparse) in new[] { (linear.state_dict(), sparseLinear.state_dict()), (conv.state_dict(), sparseConv.state_dict()) })
        {
            Assert.Equal(plain.Keys.Order(), sparse.Keys.Order());
            Assert.All(plain, pair => Assert.Equal(Operators.Entries<float>(pair.Value), Operators.Entries<float>(sparse[pair.Key])));
        }
    }
}
