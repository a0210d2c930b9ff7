using SparseTopK.FakeCuda;

namespace SparseTopK.Kernels.Tests.Driver;

public class ToolchainTests
{
    /// <summary>The tests of the stand-in fail then too, but this one says why.</summary>
    [Fact]
    public void Where_the_stand_in_is_required_it_is_there() => Assert.True(!StandIn.IsRequired || StandInDevices.Missing is null, StandInDevices.Missing);

    [Fact]
    public void Without_a_compiler_the_reason_says_so()
    {
        var (path, compiler) = (Environment.GetEnvironmentVariable("PATH"), Environment.GetEnvironmentVariable("CC"));
        try
        {
            Environment.SetEnvironmentVariable("PATH", "/nowhere");
            Environment.SetEnvironmentVariable("CC", null);
            Assert.Contains("needs a C compiler", Assert.Throws<ToolchainException>(() => new Toolchain()).Message, StringComparison.Ordinal);
        }
        finally
        {
            Environment.SetEnvironmentVariable("PATH", path);
            Environment.SetEnvironmentVariable("CC", compiler);
        }
    }

    [StandInFact]
    public void What_does_not_compile_is_an_error_with_what_the_compiler_says()
    {
        var toolchain = new Toolchain();
        toolchain.BuildDriver();
        Assert.Contains("no_such_name", Assert.Throws<ToolchainException>(() => toolchain.BuildKernel("int kernel = no_such_name;", contracts: false)).Message, StringComparison.Ordinal);
    }
}
