namespace SparseTopK.Torch.Tests.Experiments;

/// <summary>Tests whose networks start from a seed: torch has one generator for all threads, and no other test may draw from it meanwhile.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class RandomNetworks
{
    public const string Name = nameof(RandomNetworks);
}
