namespace SparseTopK.Torch.Tests;

/// <summary>Whether the suite has run at all.</summary>
public sealed class LibtorchTests
{
    /// <summary>What CI sets: there a suite that is skipped has not passed.</summary>
    private const string Variable = "REQUIRE_LIBTORCH";

    [Fact]
    public void Libtorch_is_loaded_where_it_is_required() =>
        Assert.True(NativeTorch.Missing is null || Environment.GetEnvironmentVariable(Variable) != "1", NativeTorch.Missing);
}
