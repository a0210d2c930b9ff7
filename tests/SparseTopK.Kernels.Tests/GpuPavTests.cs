using System.Numerics;
using ILGPU.Runtime;
using SparseTopK.TestKit;

namespace SparseTopK.Kernels.Tests;

/// <summary>Pooling as a solver of the two operators, against the core's.</summary>
public abstract class GpuPavTests<TDevices>(Spread spread, int longest)
    where TDevices : IDevices
{
    private static readonly int[] AllLengths = [1, 2, 31, 32, 33, 64, 65, 255, 256, 257, 1023, 1024, 1025, 4000];
    private static readonly PNorm[] Norms = [PNorm.Quadratic(0.05), PNorm.Quadratic(3), PNorm.Smooth(0.05), PNorm.Smooth(3), PNorm.Smooth(1e3)];

    public static string? Missing => TDevices.Missing;

    private static Accelerator Accelerator => Shared<TDevices>.Accelerator;

    private GpuTopK Kernels => Shared<TDevices>.By(spread);

    [ContractFact]
    public void Masks_and_magnitudes_are_the_cores()
    {
        foreach (var (n, norm) in AllLengths.Where(n => n <= longest).SelectMany(_ => Norms, (n, norm) => (n, norm)))
        {
            double[] x = [.. Inputs.Normal(n, n), .. Inputs.Monotone("tied", n, n), .. Inputs.Normal(3 * n, n + 1)];
            x[^1] = double.NegativeInfinity;
            x[(2 * n) + (n / 2)] = double.NaN;
            int[] k = [n / 4, n / 2, n / 3, 0, n];
            AssertTopK<double>(x, n, k, norm);
            AssertTopK<float>(x, n, k, norm);
            AssertTopK<Half>(x, n, k, norm);
        }
    }

    [ContractFact]
    public void It_works_in_place_and_gives_the_same_bits_again()
    {
        foreach (var (n, norm) in AllLengths.Where(n => n <= longest).SelectMany(_ => Norms, (n, norm) => (n, norm)))
        {
            using var rows = new DeviceRows(Accelerator);
            var (x, y) = (rows.Copy<float>(Inputs.Normal(2 * n, n)), rows.Copy(new float[2 * n]));
            Kernels.MaskForward(x, n, n / 2, norm, y, default, TopKSolver.Pav);
            Kernels.MaskForward(x, n, n / 2, norm, x, default, TopKSolver.Pav);
            Assert.Equal(rows.Read(y), rows.Read(x));
        }
    }

    private void AssertTopK<T>(double[] x, int n, int[] k, PNorm norm)
        where T : unmanaged, INumberBase<T>
    {
        foreach (var isMask in new[] { true, false })
        {
            using var rows = new DeviceRows(Accelerator);
            var input = TestKit.Conformance.Cast<T>(x);
            var (source, target, counts, roots) = (rows.Copy(input), rows.Copy(new T[x.Length]), rows.Copy(k), rows.Copy(new double[k.Length]));
            var (expected, thresholds) = (new T[x.Length], new double[k.Length]);
            if (isMask)
            {
                Kernels.MaskForward(source, n, counts, norm, target, roots, TopKSolver.Pav);
                TopKMask.Forward<T>(input, n, k, norm, expected, thresholds, TopKSolver.Pav);
            }
            else
            {
                Kernels.MagnitudeForward(source, n, counts, norm, target, roots, TopKSolver.Pav);
                TopKMagnitude.Forward<T>(input, n, k, norm, expected, thresholds, TopKSolver.Pav);
            }

            var near = typeof(T) == typeof(Half) ? 1.0 / 1024
                : 8 * (typeof(T) == typeof(float) ? Tolerance.Forward<float>(norm, x) : Tolerance.Forward<double>(norm, x));

            // And the last digits of the root, a sum of n terms.
            var sum = Math.Sqrt(n) * 1e-15 * (1 + (Tolerance.Largest(x) / norm.Lambda));
            var actual = rows.Read(target);
            for (var i = 0; i < x.Length; i++)
            {
                var (want, got) = (double.CreateTruncating(expected[i]), double.CreateTruncating(actual[i]));
                Assert.True(
                    want.Equals(got) || Math.Abs(want - got) <= (near * (isMask ? 1 : Math.Abs(x[i]))) + sum,
                    $"[{i}]: expected {want:R}, got {got:R}: {(isMask ? "mask" : "magnitude")}, {typeof(T).Name}, n = {n}, {norm}");
            }

            var found = rows.Read(roots);
            Assert.All(thresholds.Zip(found), pair => Assert.True(
                pair.First.Equals(pair.Second) || Math.Abs(pair.First - pair.Second) <= 1e-12 * (1 + norm.Lambda + Math.Abs(pair.First))));
        }
    }
}

public sealed class PavOnOpenCl() : GpuPavTests<OpenClDevices>(Spread.Own, int.MaxValue);

public sealed class PavByGroupsOnOpenCl() : GpuPavTests<OpenClGroupDevices>(Spread.Groups, 1025);

public sealed class PavOnCuda() : GpuPavTests<CudaDevices>(Spread.Own, int.MaxValue);

public sealed class PavByThreadsOnCpu() : GpuPavTests<CpuDevices>(Spread.Threads, int.MaxValue);

public sealed class PavByThreadPartsOnOpenCl() : GpuPavTests<OpenClDevices>(Spread.ThreadParts, 300);

public sealed class PavByThreadPartsOnCpu() : GpuPavTests<CpuDevices>(Spread.ThreadParts, 300);

public sealed class PavOnCpu() : GpuPavTests<CpuDevices>(Spread.Own, 64);

public sealed class PavByGroupsOnCpu() : GpuPavTests<CpuDevices>(Spread.Groups, 33);

public sealed class PavDoubleContractOnOpenCl() : GpuTopKContract<double, OpenClDevices>(Spread.Own, TopKSolver.Pav);

public sealed class PavSingleContractOnCpu() : GpuTopKContract<float, CpuDevices>(Spread.Threads, TopKSolver.Pav);

public sealed class PavDoubleContractOnCuda() : GpuTopKContract<double, GpuDevices>(Spread.Own, TopKSolver.Pav);
