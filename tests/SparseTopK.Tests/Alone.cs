using Xunit;

namespace SparseTopK.Tests;

/// <summary>Tests that change, or measure, what belongs to the whole process.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class Alone
{
    public const string Name = "Alone";
}

/// <summary>Sets the number of threads until disposed.</summary>
internal readonly ref struct Threads
{
    private readonly int _before = TopKParallelism.MaxDegreeOfParallelism;

    public Threads(int number) => TopKParallelism.MaxDegreeOfParallelism = number;

    public void Dispose() => TopKParallelism.MaxDegreeOfParallelism = _before;
}
