using ILGPU;
using ILGPU.Runtime.CPU;
using SparseTopK.TestKit;

namespace SparseTopK.Kernels.Tests.MachineCode;

/// <summary>What NVIDIA's assembler says of the kernels.</summary>
public class AssemblerTests
{
    public static string? Missing => PtxAssembler.Missing;

    /// <summary>The report of all kernels goes to artifacts/kernels-sm_90.tsv.</summary>
    [ContractFact]
    public void No_kernel_spills_registers()
    {
        using var context = Context.Create(b => b.CPU());
        var costs = KernelCatalog.All.Select(entry => (entry.Name, Cost: PtxAssembler.Assemble(PtxTests.AssemblyOf(entry.Kernel, context)))).ToList();
        var report = RepositoryRoot.Path("artifacts", "kernels-sm_90.tsv");
        Directory.CreateDirectory(Path.GetDirectoryName(report)!);
        File.WriteAllLines(report, costs.Select(c => $"{c.Name}\t{c.Cost.Registers}\t{c.Cost.Stack}\t{c.Cost.Spilled}\t{c.Cost.Instructions}"));
        Assert.Empty(costs.Where(c => c.Cost.Spilled > 0).Select(c => $"{c.Name}: {c.Cost.Spilled} bytes"));
    }
}
