using static TorchSharp.torch;

namespace SparseTopK.Torch.Tests;

/// <summary>Every differentiable function by name, with arguments that leave it undecided between some entries of <see cref="Row"/>.</summary>
internal static class FunctionCases
{
    /// <summary>At least 1e-3 from a kink of every function here.</summary>
    public static readonly double[] Row = [1.31, -0.72, 0.94, 0.11, 1.07, -1.53, 0.58, 0.83];

    private static readonly PNorm[] Norms = [PNorm.Smooth(0.6), new(1.5, 0.6), PNorm.Quadratic(0.6), new(3, 0.6)];

    private static readonly double[] Weights = [0.9, 1.2, 0.4, 0.7, 1.1, 0.3, 0.8, 0.5];

    private static readonly Dictionary<string, Func<Tensor, long, Tensor>> All = Create();

    public static IEnumerable<string> Keys => All.Keys;

    public static TheoryData<string, ComputePath> Names
    {
        get
        {
            var data = new TheoryData<string, ComputePath>();
            foreach (var name in All.Keys)
            {
                data.Add(name, ComputePath.Core);
                data.Add(name, ComputePath.TorchOperations);
                if (HostKernels.Missing is null)
                {
                    data.Add(name, ComputePath.Kernels);
                }
            }

            return data;
        }
    }

    public static Tensor Apply(string name, Tensor x, long dim, ComputePath path)
    {
        using var on = new OnPath(path);
        return All[name](x, dim);
    }

    private static Dictionary<string, Func<Tensor, long, Tensor>> Create()
    {
        var all = new Dictionary<string, Func<Tensor, long, Tensor>>();
        foreach (var norm in Norms)
        {
            var p = norm.P.ToString("0.##", System.Globalization.CultureInfo.InvariantCulture);
            foreach (var solver in new[] { TopKSolver.Threshold, TopKSolver.Pav })
            {
                all[$"mask, p = {p}, {solver}"] = (x, dim) => Functional.topk_mask(x, 3, norm.Lambda, norm.P, dim, solver);
                all[$"magnitude, p = {p}, {solver}"] = (x, dim) => Functional.topk_magnitude(x, 3, norm.Lambda, norm.P, dim, solver);
            }

            foreach (var order in Enum.GetValues<IsotonicOrder>())
            {
                all[$"linear term, p = {p}, {order}"] = (x, dim) => Regression(x, IsotonicObjective.LinearTerm(norm), order, dim);
                all[$"quadratic term, p = {p}, {order}"] = (x, dim) => Regression(x, IsotonicObjective.QuadraticTerm(norm), order, dim);
            }
        }

        foreach (var direction in Enum.GetValues<SortDirection>())
        {
            foreach (var kind in Enum.GetValues<SoftRegularization>())
            {
                all[$"rank, {direction}, {kind}"] = (x, dim) => Functional.soft_rank(x, 0.4, direction, kind, dim);
                all[$"sort, {direction}, {kind}"] = (x, dim) => Functional.soft_sort(x, 1.7, direction, kind, dim);
            }
        }

        all["least squares"] = (x, dim) => Functional.isotonic_regression(x, dim: dim);
        all["weighted least squares"] = (x, dim) => Regression(x, default, IsotonicOrder.Increasing, dim);
        return all;
    }

    private static Tensor Regression(Tensor x, IsotonicObjective objective, IsotonicOrder order, long dim)
    {
        using var weights = tensor(Weights, ScalarType.Float64, CPU);
        return Functional.isotonic_regression(x, weights, objective, order, dim);
    }
}
