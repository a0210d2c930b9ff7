using System.Runtime.CompilerServices;
using SparseTopK.TestKit;
using TorchSharp;
using static TorchSharp.torch;

namespace SparseTopK.Torch.Tests;

/// <summary>The contract through tensors and autograd: what a call gave is remembered with the array that it returned.</summary>
/// <remarks>The JVP is the derivative of the VJP in its cotangent: a backward pass through the backward pass.</remarks>
internal abstract class TensorContract(ComputePath path, ScalarType type, DeviceType device = DeviceType.CPU) : TopKContract
{
    private readonly ConditionalWeakTable<double[], Graph> _graphs = [];

    protected override bool IsDouble => type == ScalarType.Float64;

    protected override int LongestGeneral => path == ComputePath.Core ? int.MaxValue : 2100;

    protected override double[] MaskForward(double[] x, int n, int k, PNorm norm)
    {
        var graph = new Graph(Rows(x, n).requires_grad_(), input => Functional.topk_mask(input, k, norm.Lambda, norm.P), path);
        var y = Entries(graph.Output);
        _graphs.AddOrUpdate(y, graph);
        return y;
    }

    protected override double[] MaskVjp(double[] y, double[] g, int n, PNorm norm) => Vjp(y, g, n);

    protected override double[] MaskJvp(double[] y, double[] dx, int n, PNorm norm) => Jvp(y, dx, n);

    protected override (double[] Z, double[] Thresholds) MagnitudeForward(double[] x, int n, int k, PNorm norm)
    {
        var graph = new Graph(Rows(x, n).requires_grad_(), input => Functional.topk_magnitude(input, k, norm.Lambda, norm.P), path);
        var key = new double[n == 0 ? 0 : x.Length / n];
        if (key.Length > 0)
        {
            _graphs.AddOrUpdate(key, graph);
        }

        return (Entries(graph.Output), key);
    }

    protected override double[] MagnitudeVjp(double[] x, double[] thresholds, double[] g, int n, int k, PNorm norm) =>
        Vjp(thresholds, g, n);

    protected override double[] MagnitudeJvp(double[] x, double[] thresholds, double[] dx, int n, int k, PNorm norm) =>
        Jvp(thresholds, dx, n);

    private double[] Vjp(double[] key, double[] g, int n)
    {
        if (g.Length == 0)
        {
            return [];
        }

        // A graph of its own: where a graph is retained, torch operations compute the gradient, whatever the path.
        var graph = Of(key).Again();
        using var cotangent = Rows(g, n);
        using var gradient = autograd.grad([graph.Output], [graph.Input], [cotangent])[0];
        return Entries(gradient);
    }

    private double[] Jvp(double[] key, double[] dx, int n)
    {
        var graph = Of(key);
        using var cotangent = zeros_like(graph.Output).requires_grad_();
        using var tangent = Rows(dx, n);
        using var gradient = autograd.grad([graph.Output], [graph.Input], [cotangent], retain_graph: true, create_graph: true)[0];
        using var product = autograd.grad([gradient], [cotangent], [tangent], retain_graph: true)[0];
        return Entries(product);
    }

    private Graph Of(double[] key) =>
        _graphs.TryGetValue(key, out var graph) ? graph : throw new InvalidOperationException("No call has returned this array.");

    private Tensor Rows(double[] values, int n) => tensor(values, [n == 0 ? 0 : values.Length / n, n]).to(type).to(device);

    private static double[] Entries(Tensor values)
    {
        using var wide = values.detach().to(ScalarType.Float64).cpu();
        return wide.numel() == 0 ? [] : wide.data<double>().ToArray();
    }

    private sealed class Graph(Tensor input, Func<Tensor, Tensor> function, ComputePath path)
    {
        public Tensor Input { get; } = input;

        public Tensor Output { get; } = Run(input, function, path);

        private Func<Tensor, Tensor> Function { get; } = function;

        private ComputePath Path { get; } = path;

        public Graph Again() => new(Input.detach().clone().requires_grad_(), Function, Path);

        private static Tensor Run(Tensor input, Func<Tensor, Tensor> function, ComputePath path)
        {
            using var on = new OnPath(path);
            return function(input);
        }
    }
}

internal sealed class CoreSingleContract() : TensorContract(ComputePath.Core, ScalarType.Float32);

internal sealed class CoreDoubleContract() : TensorContract(ComputePath.Core, ScalarType.Float64);

internal sealed class TorchSingleContract() : TensorContract(ComputePath.TorchOperations, ScalarType.Float32);

internal sealed class TorchDoubleContract() : TensorContract(ComputePath.TorchOperations, ScalarType.Float64);

internal sealed class KernelSingleContract() : TensorContract(ComputePath.Kernels, ScalarType.Float32);

internal sealed class CudaSingleContract() : TensorContract(ComputePath.OwnOfDevice, ScalarType.Float32, DeviceType.CUDA);

internal sealed class CudaDoubleContract() : TensorContract(ComputePath.OwnOfDevice, ScalarType.Float64, DeviceType.CUDA);

internal sealed class KernelDoubleContract() : TensorContract(ComputePath.Kernels, ScalarType.Float64);
