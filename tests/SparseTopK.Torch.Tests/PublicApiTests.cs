using SparseTopK.TestKit;

namespace SparseTopK.Torch.Tests;

public sealed class PublicApiTests
{
    [Fact]
    public void The_public_surface_is_the_approved_one() => ApprovedApi.AssertHeld(typeof(Functional).Assembly, "src/SparseTopK.Torch");
}
