using System.Numerics;
using ILGPU;
using ILGPU.Runtime;
using ILGPU.Runtime.Cuda;
using ILGPU.Runtime.OpenCL;
using SparseTopK.Benchmarks.Tables;
using SparseTopK.Kernels;
using Group = SparseTopK.Benchmarks.Tables.Group;

namespace SparseTopK.Benchmarks.All.Kernels;

/// <summary>The kernels on every CUDA device and every OpenCL device with float64. ILGPU's simulation on the CPU, a debugger, does not take part.</summary>
internal sealed class DeviceContenders : IContenders, IDisposable
{
    private readonly Context _context = Context.Create(builder => builder.Cuda().OpenCL(device => device.Capabilities.Float64));
    private readonly List<(string Name, Accelerator Accelerator, GpuTopK Kernels)> _devices = [];

    public DeviceContenders()
    {
        foreach (var device in _context.Devices.Where(device => device is CudaDevice or CLDevice))
        {
            var accelerator = device.CreateAccelerator(_context);
            var name = $"{(device is CudaDevice ? "CUDA" : "OpenCL")} {_devices.Count + 1}";
            _devices.Add((name, accelerator, new GpuTopK(accelerator)));
        }
    }

    public IEnumerable<string> Describe()
    {
        yield return $"ILGPU {typeof(Context).Assembly.GetName().Version}{(_devices.Count == 0 ? ": no CUDA device, and no OpenCL device with float64, was found" : string.Empty)}";
        foreach (var (name, accelerator, _) in _devices)
        {
            yield return $"{name}: {accelerator.Name}{(accelerator is CLAccelerator cl ? $", {cl.PlatformName}" : string.Empty)}";
        }
    }

    public IEnumerable<Contender> For(Group group) => group.IsDouble ? For<double>(group) : For<float>(group);

    public void Dispose()
    {
        foreach (var (_, accelerator, kernels) in _devices)
        {
            kernels.Dispose();
            accelerator.Dispose();
        }

        _context.Dispose();
    }

    /// <summary>A device has its own threads: it takes part once for each type.</summary>
    private IEnumerable<Contender> For<T>(Group group)
        where T : unmanaged, INumberBase<T>
    {
        foreach (var (name, _, kernels) in group.Threads == 1 ? _devices : [])
        {
            yield return Line("copy", static work => work.Copy());
            foreach (var (p, norm) in CoreContenders.Norms.Where(norm => norm.Norm.ResponseExponent != 2))
            {
                yield return Line($"mask, {p}", work => work.Mask(norm));
                yield return Line($"mask + VJP, {p}", work => work.MaskAndVjp(norm));
                yield return Line($"magnitude, {p}", work => work.Magnitude(norm));
                yield return Line($"magnitude + VJP, {p}", work => work.MagnitudeAndVjp(norm));
            }

            Contender Line(string line, Action<DeviceCase<T>> run) => new(group, $"{name}: {line}", () =>
            {
                var work = new DeviceCase<T>(kernels, group.Shape);
                return new(() => run(work), work);
            });
        }
    }
}

/// <summary>The device memory of one line. Each method returns when the device has finished.</summary>
internal sealed class DeviceCase<T> : IDisposable
    where T : unmanaged, INumberBase<T>
{
    private readonly GpuTopK _kernels;
    private readonly Shape _shape;
    private readonly MemoryBuffer1D<T, Stride1D.Dense> _x;
    private readonly MemoryBuffer1D<T, Stride1D.Dense> _g;
    private readonly MemoryBuffer1D<T, Stride1D.Dense> _result;
    private readonly MemoryBuffer1D<T, Stride1D.Dense> _product;
    private readonly MemoryBuffer1D<double, Stride1D.Dense> _thresholds;

    public DeviceCase(GpuTopK kernels, Shape shape)
    {
        (_kernels, _shape) = (kernels, shape);
        var (x, g) = SharedInputs.Of<T>(shape);
        var accelerator = kernels.Accelerator;
        (_x, _g) = (accelerator.Allocate1D(x), accelerator.Allocate1D(g));
        (_result, _product) = (accelerator.Allocate1D<T>(x.Length), accelerator.Allocate1D<T>(x.Length));
        _thresholds = accelerator.Allocate1D<double>(shape.Rows);
    }

    public void Copy()
    {
        _result.CopyFrom(_x);
        _kernels.Accelerator.Synchronize();
    }

    public void Mask(PNorm norm)
    {
        _kernels.MaskForward<T>(_x.View, _shape.N, _shape.K, norm, _result.View);
        _kernels.Accelerator.Synchronize();
    }

    public void MaskAndVjp(PNorm norm)
    {
        _kernels.MaskForward<T>(_x.View, _shape.N, _shape.K, norm, _result.View);
        _kernels.MaskVjp<T>(_result.View, _g.View, _shape.N, norm, _product.View);
        _kernels.Accelerator.Synchronize();
    }

    public void Magnitude(PNorm norm)
    {
        _kernels.MagnitudeForward<T>(_x.View, _shape.N, _shape.K, norm, _result.View, _thresholds.View);
        _kernels.Accelerator.Synchronize();
    }

    public void MagnitudeAndVjp(PNorm norm)
    {
        _kernels.MagnitudeForward<T>(_x.View, _shape.N, _shape.K, norm, _result.View, _thresholds.View);
        _kernels.MagnitudeVjp<T>(_x.View, _thresholds.View, _g.View, _shape.N, _shape.K, norm, _product.View);
        _kernels.Accelerator.Synchronize();
    }

    public void Dispose()
    {
        foreach (var buffer in (MemoryBuffer[])[_x, _g, _result, _product, _thresholds])
        {
            buffer.Dispose();
        }
    }
}
