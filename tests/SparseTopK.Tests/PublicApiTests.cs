using SparseTopK.TestKit;
using Xunit;

namespace SparseTopK.Tests;

public sealed class PublicApiTests
{
    [Fact]
    public void The_public_surface_is_the_approved_one() => ApprovedApi.AssertHeld(typeof(PNorm).Assembly, "src/SparseTopK");
}
