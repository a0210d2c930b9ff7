using SparseTopK.FakeCuda;

namespace SparseTopK.Kernels.Tests.Driver;

/// <summary>A test of the stand-in: skipped, with the reason, where it cannot be had; where it is required, it fails there.</summary>
public sealed class StandInFactAttribute : FactAttribute
{
    public StandInFactAttribute() => Skip = StandIn.IsRequired ? null : StandInDevices.Missing;
}

/// <inheritdoc cref="StandInFactAttribute"/>
public sealed class StandInTheoryAttribute : TheoryAttribute
{
    public StandInTheoryAttribute() => Skip = StandIn.IsRequired ? null : StandInDevices.Missing;
}
