using System.Text.RegularExpressions;
using ILGPU.Runtime.Cuda;
using SparseTopK.TestKit;

namespace SparseTopK.Kernels.Tests.Driver;

/// <summary>Faults that are put into the kernels' own PTX are seen: what passes on the stand-in has its barriers and reads the right lanes.</summary>
public sealed partial class MutationTests : IDisposable
{
    private const int N = 1000;

    public void Dispose() => FakeCuda.StandIn.Rewrite = null;

    [StandInFact]
    public void Without_any_one_of_its_barriers_a_kernel_fails()
    {
        var barriers = BarrierCount(Spread.Groups);
        Assert.InRange(barriers, 2, 100);
        for (var i = 0; i < barriers; i++)
        {
            var dropped = i;
            FakeCuda.StandIn.Rewrite = ptx => Barrier().Replace(ptx, Nth(dropped, _ => ""));
            var error = Assert.Throws<CudaException>(() => Forward(Spread.Groups));
            Assert.Contains("with no barrier between", error.Message, StringComparison.Ordinal);
        }
    }

    [StandInFact]
    public void A_shuffle_of_a_wrong_lane_is_seen()
    {
        var right = Forward(Spread.Warps);
        Assert.Equal(Core(), right);
        FakeCuda.StandIn.Rewrite = ptx => Shuffle().Replace(ptx, "$1 1, 31,");
        Assert.NotEqual(right, Forward(Spread.Warps));
        FakeCuda.StandIn.Rewrite = ptx => Shuffle().Replace(ptx, "$1 16, 31,");
        Assert.NotEqual(right, Forward(Spread.Warps));
    }

    /// <summary>The evaluator that changes one match and leaves the others.</summary>
    private static MatchEvaluator Nth(int which, Func<Match, string> change)
    {
        var seen = 0;
        return match => seen++ == which ? change(match) : match.Value;
    }

    private static int BarrierCount(Spread spread)
    {
        var count = 0;
        FakeCuda.StandIn.Rewrite = ptx =>
        {
            count = Barrier().Count(ptx);
            return ptx;
        };
        Forward(spread);
        return count;
    }

    private static float[] Row() => Conformance.Cast<float>(Inputs.Normal(N, 1));

    private static float[] Core()
    {
        var y = new float[N];
        TopKMask.Forward<float>(Row(), N / 10, PNorm.Quadratic(0.5), y);
        return y;
    }

    /// <summary>A row on an accelerator of its own, whose kernels are translated anew.</summary>
    private static float[] Forward(Spread spread)
    {
        var (context, accelerator) = CudaDevices.Open();
        using (context)
        using (accelerator)
        using (var kernels = new GpuTopK(accelerator, Spreads.Plan(spread, accelerator)))
        using (var rows = new DeviceRows(accelerator))
        {
            var (x, y) = (rows.Copy(Row()), rows.Copy(new float[N]));
            kernels.MaskForward(x, N, N / 10, PNorm.Quadratic(0.5), y);
            return rows.Read(y);
        }
    }

    [GeneratedRegex(@"\bbar\.sync\s+0;")]
    private static partial Regex Barrier();

    [GeneratedRegex(@"(shfl\.sync\.bfly\.b32\s+%r\d+, %r\d+,) %r\d+, 31,")]
    private static partial Regex Shuffle();
}
